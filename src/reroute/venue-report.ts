import { invalidParams } from "../protocol/error-helpers.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { compareBytes } from "./byte-order.js";
import { pricesOfLegs } from "./prices.js";
import { type LegRecord, legRecords, type ReplacementInput } from "./replacement-records.js";
import { quoteAsRust } from "./rust-quote.js";
import { addDirections, type Direction, type Flow, hasFlow, toDirection, type VenueTarget, venueFlow } from "./venue-flow.js";
import { renderVenueReport } from "./venue-report-text.js";

/** The swaps through a venue, in JSON. */
interface FlowJson {
  swaps: number;
  usd: number;
  swapsWithoutAmount: number;
  swapsWithoutPrice: number;
}

/** A venue report in JSON. The names are the same as in the Rust crate. `usd` is in dollars, shares are in percent. */
export interface VenueReportJson {
  /** The label of the venue, as passed to `venueReport`. */
  label: string | null;
  /** The program of the venue, as passed to `venueReport`. */
  program: string | null;
  /** All swaps through the venue, on the original routes (`l1`) and on the new routes (`requoted`). */
  total: { l1: FlowJson; requoted: FlowJson };
  /** The venue's share of all swaps. */
  share: { l1Pct: number | null; requotedPct: number | null };
  /** The swaps of each pair of mints. */
  byDirection: {
    inputMint: string;
    outputMint: string;
    l1: FlowJson;
    requoted: FlowJson;
    sharePct: number | null;
    requotedSharePct: number | null;
  }[];
}

/** How much was swapped through a venue, on the original routes and on the new routes. */
export interface VenueReport {
  /** The label of the venue, as passed to `venueReport`. */
  readonly label?: string;
  /** The program of the venue, as passed to `venueReport`. */
  readonly program?: string;
  /** Dollars per SOL. `undefined` if it cannot be derived from any trade. In that case, no swap has a price. */
  readonly solUsd: number | undefined;
  /** The totals of all directions. */
  readonly total: Direction;
  /** All directions of the venue, sorted by input and output mint. */
  readonly byDirection: readonly Direction[];
  /** Formats the report as text. @param subtitle is printed after the name of the venue */
  render(subtitle?: string): string;
  /** Returns the report for `JSON.stringify`. */
  toJSON(): VenueReportJson;
}

/** The error of a report if the venue has no swap. */
export interface NothingMatchedError extends SimulatorError {
  readonly code: "nothingMatched";
  /** The venue that the caller asked for. */
  readonly asked: string;
  /** Each venue in the new routes: its label and its number of swaps (`hops`). Sorted by label. */
  readonly venues: readonly (readonly [label: string, hops: number])[];
}

/** The error message lists at most this many venues. */
const NAMED_VENUES = 8;

/**
 * Compares the swaps through a venue on the original routes with the swaps on the new routes. Failed transactions do not count.
 *
 * @param target the venue: its label, its program, or both
 * @throws SimulatorError `nothingMatched` if the venue has no swap (see {@link NothingMatchedError}); `invalidParams` if an item
 * is not a replacement, or if the target is invalid
 * @example console.log(venueReport(replacements, { label: "Whirlpool" }).render("slots 1 to 100"));
 */
export function venueReport(replacements: Iterable<ReplacementInput>, target: VenueTarget = {}): VenueReport {
  const { label, program } = readTarget(target);
  const legs = legRecords(replacements);
  const prices = pricesOfLegs(legs);
  const sums = venueFlow(legs, { label, program }, prices);
  const total = addDirections(sums);
  if (total.l1.legs === 0 && total.requoted.legs === 0) throw nothingMatched(legs, { label, program });
  const report = {
    ...(label !== undefined && { label }),
    ...(program !== undefined && { program }),
    solUsd: prices?.solUsd,
    total: toDirection(total),
    byDirection: sums.map(toDirection),
  };
  return {
    ...report,
    render: (subtitle) => renderVenueReport(label ?? program ?? "", subtitle, prices !== undefined, total, sums),
    toJSON: () => toJson(report),
  };
}

/** Validates the target. `null` counts as absent, as in the JSON of a report. */
function readTarget(target: VenueTarget): VenueTarget {
  if (typeof target !== "object" || target === null) throw invalidParams("target", "expected { label, program }");
  const read = (field: "label" | "program"): string | undefined => {
    const value: unknown = target[field];
    if (value === undefined || value === null || typeof value === "string") return value ?? undefined;
    throw invalidParams(field, `expected a string, got a ${typeof value}`);
  };
  return { label: read("label"), program: read("program") };
}

function nothingMatched(legs: readonly LegRecord[], { label, program }: VenueTarget): NothingMatchedError {
  const hops = new Map<string, number>();
  for (const { routePlan = [] } of legs.filter(hasFlow)) {
    for (const { swapInfo } of routePlan) {
      if (swapInfo.label !== undefined) hops.set(swapInfo.label, (hops.get(swapInfo.label) ?? 0) + 1);
    }
  }
  const venues = [...hops].sort(([a], [b]) => compareBytes(a, b));
  // The sort is stable, so venues with the same number of hops stay sorted by label.
  const busiest = [...venues].sort(([, a], [, b]) => b - a).slice(0, NAMED_VENUES);
  const named = busiest.map(([venue, count]) => `${venue} (${count})`).join(", ");
  const asked = describeTarget({ label, program });
  const message = `${asked} never appears in this stream.\nIt names ${venues.length} venues; the busiest are ${named}.`;
  return Object.assign(new SimulatorError("nothingMatched", message), { asked, venues }) as unknown as NothingMatchedError;
}

function describeTarget({ label, program }: VenueTarget): string {
  if (label !== undefined) return `label ${quoteAsRust(label)}`;
  return program === undefined ? "that venue" : `program ${program}`;
}

function toJson({ label, program, total, byDirection }: Omit<VenueReport, "render" | "toJSON">): VenueReportJson {
  return {
    label: label ?? null,
    program: program ?? null,
    total: { l1: flowJson(total.l1), requoted: flowJson(total.requoted) },
    share: { l1Pct: total.share?.[0] ?? null, requotedPct: total.share?.[1] ?? null },
    byDirection: byDirection.map(({ pair = ["", ""], l1, requoted, share }) => ({
      inputMint: pair[0],
      outputMint: pair[1],
      l1: flowJson(l1),
      requoted: flowJson(requoted),
      sharePct: share?.[0] ?? null,
      requotedSharePct: share?.[1] ?? null,
    })),
  };
}

function flowJson({ legs, usd, withoutAmount, withoutPrice }: Flow): FlowJson {
  return { swaps: legs, usd, swapsWithoutAmount: withoutAmount, swapsWithoutPrice: withoutPrice };
}

import { invalidParams } from "../protocol/error-helpers.js";
import { compareBytes } from "./byte-order.js";
import type { Prices } from "./prices.js";
import { type ProbeRecord, probeRecords, type ReplacementInput } from "./replacement-records.js";
import { fixed, groupThousands, signedFixed, toU64Saturated } from "./rust-number-format.js";

/**
 * The figures of one template: an instruction with which the server simulates swaps at a venue. The names are the same as in the
 * Rust crate.
 */
export interface ProbeFigures {
  /** Number of simulated swaps for each outcome. */
  outcomes: Record<string, number>;
  /** Number of simulated swaps that have the member `changeVsL1Bps`. */
  scored_vs_historical: number;
  /** The sum of all `changeVsL1Bps` values, in basis points. */
  bps_vs_historical_total: bigint;
  /** Number of simulated swaps that have both members `templateFill` and `l1Fill`. */
  pairs_vs_same_state: number;
  /** The sum of the changes from `l1Fill` to `templateFill`, in basis points. */
  bps_vs_same_state_total: number;
  /** The value of the swaps that have `changeVsL1Bps`, in dollars. 0 if the report was created without prices. */
  notional_usd: number;
  /** The sum of (dollars × basis points) over the swaps that have `changeVsL1Bps`. */
  weighted_bps_usd: number;
}

/** A report on the simulated swaps of each direct-fill template (`reroute.directFill` of a session). */
export interface ProbeReport {
  /** The figures of each template. */
  readonly figures: Readonly<Record<string, ProbeFigures>>;
  /** Whether no `directFill` replacement was counted. */
  readonly isEmpty: boolean;
  /** Combines two reports. Counts and sums are added. @throws SimulatorError `invalidParams` if `other` is not a probe report */
  merge(other: ProbeReport): ProbeReport;
  /** Formats the report as Markdown. */
  render(title: string): string;
}

/**
 * Adds up the results of the simulated swaps for each direct-fill template. Uses only `directFill` replacements.
 *
 * @param options.prices the prices of the session, for the figures in dollars. @default none: these figures are 0
 * @throws SimulatorError `invalidParams` if an item is not a replacement, or if `prices` is not the result of `pricesOf`
 * @example console.log(probeReport(replacements, { prices: pricesOf(replacements) }).render("probes"));
 */
export function probeReport(
  replacements: Iterable<ReplacementInput>,
  { prices }: { prices?: Prices | undefined } = {},
): ProbeReport {
  if ((prices ?? undefined) !== undefined && typeof prices?.usd !== "function") {
    throw invalidParams("prices", "expected the result of pricesOf()");
  }
  const byTemplate = new Map<string, ProbeFigures>();
  for (const record of probeRecords(replacements)) {
    const figures = byTemplate.get(record.template) ?? emptyFigures();
    byTemplate.set(record.template, figures);
    addProbe(figures, record, prices);
  }
  return toReport(byTemplate);
}

function emptyFigures(): ProbeFigures {
  return {
    outcomes: {},
    scored_vs_historical: 0,
    bps_vs_historical_total: 0n,
    pairs_vs_same_state: 0,
    bps_vs_same_state_total: 0,
    notional_usd: 0,
    weighted_bps_usd: 0,
  };
}

function addProbe(figures: ProbeFigures, record: ProbeRecord, prices: Prices | undefined): void {
  const { outcome, changeBps, l1Fill, templateFill, swapMode } = record;
  addOutcome(figures, outcome, 1);
  if (changeBps !== undefined) {
    figures.scored_vs_historical++;
    figures.bps_vs_historical_total += changeBps;
    const usd = prices?.usd(swapMode === "ExactIn" ? record.inputMint : record.outputMint, record.amount);
    if (usd !== undefined) {
      figures.notional_usd += usd;
      figures.weighted_bps_usd += usd * Number(changeBps);
    }
  }
  if (l1Fill !== undefined && l1Fill > 0n && templateFill !== undefined) {
    const change = (Number(templateFill) / Number(l1Fill) - 1) * 1e4;
    figures.pairs_vs_same_state++;
    // With ExactOut, `l1Fill` and `templateFill` are the paid amounts, so a smaller `templateFill` is better.
    figures.bps_vs_same_state_total += swapMode === "ExactOut" ? -change : change;
  }
}

/** Counts an outcome. Uses `defineProperty`, so that an outcome named `__proto__` becomes an ordinary member. */
function addOutcome({ outcomes }: ProbeFigures, outcome: string, times: number): void {
  const before = Object.hasOwn(outcomes, outcome) ? (outcomes[outcome] ?? 0) : 0;
  Object.defineProperty(outcomes, outcome, { value: before + times, enumerable: true, configurable: true, writable: true });
}

function toReport(byTemplate: ReadonlyMap<string, ProbeFigures>): ProbeReport {
  const sorted = [...byTemplate].sort(([a], [b]) => compareBytes(a, b));
  return {
    figures: Object.fromEntries(sorted),
    isEmpty: sorted.length === 0,
    merge: (other) => mergeReports(byTemplate, other),
    render: (title) => render(title, sorted),
  };
}

function mergeReports(ours: ReadonlyMap<string, ProbeFigures>, other: ProbeReport): ProbeReport {
  if (typeof other?.figures !== "object" || other.figures === null) {
    throw invalidParams("other", "expected a report from probeReport()");
  }
  const merged = new Map<string, ProbeFigures>();
  for (const [template, figures] of [...ours, ...Object.entries(other.figures)]) {
    const sum = merged.get(template) ?? emptyFigures();
    merged.set(template, sum);
    for (const [outcome, times] of Object.entries(figures.outcomes)) addOutcome(sum, outcome, times);
    sum.scored_vs_historical += figures.scored_vs_historical;
    sum.bps_vs_historical_total += figures.bps_vs_historical_total;
    sum.pairs_vs_same_state += figures.pairs_vs_same_state;
    sum.bps_vs_same_state_total += figures.bps_vs_same_state_total;
    sum.notional_usd += figures.notional_usd;
    sum.weighted_bps_usd += figures.weighted_bps_usd;
  }
  return toReport(merged);
}

const NO_OBSERVATION = "—";

function render(title: string, sorted: readonly [string, ProbeFigures][]): string {
  const lines = [
    `### ${title}: direct-fill probes`,
    "| Template | probes | filled | per hop (bps) | per dollar (bps) | vs same-state (bps) |",
    "|---|---|---|---|---|---|",
    ...sorted.map(([template, figures]) => `| ${[template, ...cells(figures)].join(" | ")} |`),
    ...sorted.map(([template, figures]) => `${template} outcomes: ${describeOutcomes(figures)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function cells(figures: ProbeFigures): string[] {
  const probes = Object.values(figures.outcomes).reduce((sum, times) => sum + times, 0);
  const filled = figures.outcomes.filled ?? 0;
  const { scored_vs_historical: scored, pairs_vs_same_state: pairs, notional_usd: notional } = figures;
  return [
    groupThousands(probes),
    `${groupThousands(filled)} (${fixed((filled / Math.max(probes, 1)) * 100, 1)}%)`,
    scored === 0 ? NO_OBSERVATION : `${mean(Number(figures.bps_vs_historical_total), scored)} (${groupThousands(scored)} scored)`,
    notional > 0 ? `${mean(figures.weighted_bps_usd, notional)} ($${groupThousands(toU64Saturated(notional))})` : NO_OBSERVATION,
    pairs === 0 ? NO_OBSERVATION : `${mean(figures.bps_vs_same_state_total, pairs)} (${groupThousands(pairs)} pairs)`,
  ];
}

const mean = (sum: number, weight: number): string => signedFixed(sum / weight, 2);

function describeOutcomes({ outcomes }: ProbeFigures): string {
  return Object.entries(outcomes)
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([outcome, times]) => `${outcome} ${groupThousands(times)}`)
    .join(", ");
}

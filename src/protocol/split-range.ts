import type { AvailableRange } from "./available-range.js";
import { invalidParams } from "./error-helpers.js";
import { type SlotRange, toSlotRange } from "./slot-range.js";

/** Options of `splitRange`. */
export interface SplitOptions {
  /** The kind of bundles to use. A range without a kind counts as `blocks`. @default "blocks" */
  kind?: "blocks" | "account_state";
  /** Whether to use the most or the fewest sub-ranges. @default "most" */
  prefer?: "most" | "fewest";
}

interface Part {
  startSlot: bigint;
  endSlot: bigint;
}

/** A linked list of sub-ranges up to the requested `endSlot`: `part`, followed by the sub-ranges in `rest`. */
interface Way {
  part: Part;
  parts: number;
  rest: Way | undefined;
}

/**
 * Splits a range into sub-ranges without gaps, for a parallel run. Each sub-range uses one bundle. The first sub-range
 * starts where its bundle starts, which can be before `startSlot`. The last sub-range ends at `endSlot`.
 *
 * @param ranges the result of `availableRanges()`
 * @throws SimulatorError `invalidParams` if the bundles do not cover the range, or if all possible splits have gaps
 * @example
 * splitRange(await client.availableRanges(), { startSlot: 100, endSlot: 250 });
 * // [{ startSlot: 100n, endSlot: 199n }, { startSlot: 200n, endSlot: 250n }]
 */
export function splitRange(
  ranges: readonly AvailableRange[],
  range: SlotRange,
  { kind = "blocks", prefer = "most" }: SplitOptions = {},
): Part[] {
  const { startSlot, endSlot } = toSlotRange(range);
  const bundles = ranges
    .filter((bundle) => (bundle.kind ?? "blocks") === kind)
    // A bundle without `maxBundleEndSlot` gets the end -1, so that no split contains the bundle.
    .map(({ bundleStartSlot, maxBundleEndSlot }) => ({ start: BigInt(bundleStartSlot), end: BigInt(maxBundleEndSlot ?? -1) }))
    // The loop below works from the end of the range to its start, so later bundles come first.
    .sort((a, b) => Number(b.start - a.start || a.end - b.end));
  const noun = kind === "blocks" ? "bundle range" : "account-state bundle";

  const anchor = bundles.find(({ start, end }) => start <= startSlot && end >= startSlot)?.start;
  if (anchor === undefined) throw invalidParams("startSlot", `start_slot ${startSlot} is not covered by any available ${noun}`);

  const within = bundles.filter(({ start }) => start >= anchor && start <= endSlot);
  const ways = new Map<bigint, Way>();
  for (const { start, end } of within) {
    const isLast = end >= endSlot;
    const rest = isLast ? undefined : ways.get(end + 1n);
    const parts = rest ? rest.parts + 1 : 1;
    const known = ways.get(start)?.parts;
    const isBetter = known === undefined || (prefer === "most" ? parts > known : parts < known);
    if (isBetter && (isLast || rest))
      ways.set(start, { part: { startSlot: start, endSlot: isLast ? endSlot : end }, parts, rest });
  }
  const split: Part[] = [];
  for (let way = ways.get(anchor); way; way = way.rest) split.push(way.part);
  if (split.length > 0) return split;

  let covered = anchor;
  for (const { start, end } of within.reverse()) if (start <= covered + 1n && end > covered) covered = end;
  throw invalidParams(
    "endSlot",
    covered < endSlot
      ? `gap in coverage at slot ${covered + 1n}`
      : `no gap-free split of [${startSlot}, ${endSlot}] aligns with the available ${noun}s`,
  );
}

import type { AvailableRange } from "./available-range.js";
import { toU64 } from "./scalars.js";
import { toUtcTime } from "./utc-time.js";

/** A slot (`bigint`, `number`, or its digits) or a time (`Date`, RFC 3339, or YYYY-MM-DD for midnight in UTC). */
export type RangeBound = bigint | number | string | Date;

/** The bounds of `filterRanges`. */
export interface RangeBounds {
  /** Selects ranges that start at this bound or later. @default none */
  after?: RangeBound;
  /** Selects ranges that end at this bound or earlier. @default none */
  before?: RangeBound;
}

/**
 * Returns the ranges between two bounds. Ranges with an unknown end are kept. If a bound is a time, ranges with an unknown time
 * are kept too.
 *
 * @throws SimulatorError `invalidParams` for a bound that is neither a slot nor a time
 * @example filterRanges(await client.availableRanges(), { after: "2026-01-01", before: 350_000_000n })
 */
export function filterRanges(ranges: readonly AvailableRange[], { after, before }: RangeBounds): AvailableRange[] {
  const beyondStart = distanceFrom(after, "after");
  const beyondEnd = distanceFrom(before, "before");
  return ranges.filter(
    (range) =>
      // If the start or end of a range is unknown, the distance is NaN. `!(NaN < 0)` is true, so the range is kept.
      !(beyondStart(range.bundleStartSlot, range.bundleStartSlotUtc) < 0) &&
      !(beyondEnd(range.maxBundleEndSlot, range.maxBundleEndSlotUtc) > 0),
  );
}

/**
 * Returns a function that takes the edge of a range and computes its distance from `bound`. The distance is negative if the edge is
 * before the bound, and NaN if the edge is unknown.
 */
function distanceFrom(bound: unknown, field: string): (slot: bigint | undefined, utc: string | undefined) => number {
  if (bound === undefined) return () => 0;
  const slot = typeof bound === "string" && /^\d+$/.test(bound) ? BigInt(bound) : bound;
  if (typeof slot === "bigint" || typeof slot === "number") {
    const from = toU64(slot, field);
    return (edge) => (edge === undefined ? Number.NaN : Number(edge - from));
  }
  const from = toUtcTime(slot, field).getTime();
  return (_, utc = "") => Date.parse(utc) - from;
}

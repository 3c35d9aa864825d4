import type { AvailableRange } from "./available-range.js";
import { toU64 } from "./scalars.js";
import { toUtcTime } from "./utc-time.js";

/** A slot (`bigint`, `number`, or its digits) or a time (`Date`, RFC 3339, or YYYY-MM-DD for midnight in UTC). */
export type RangeBound = bigint | number | string | Date;

export interface RangeBounds {
  /** Selects ranges that start here or later. */
  after?: RangeBound;
  /** Selects ranges that end here or earlier. */
  before?: RangeBound;
}

/**
 * Returns the ranges between two bounds. A range with an unknown end, or an unknown time for a time bound, is kept.
 *
 * @throws SimulatorError `invalidParams` for a bound that is neither a slot nor a time
 * @example filterRanges(await client.availableRanges(), { after: "2026-01-01", before: 350_000_000n })
 */
export function filterRanges(ranges: readonly AvailableRange[], { after, before }: RangeBounds): AvailableRange[] {
  const beyondStart = distanceFrom(after, "after");
  const beyondEnd = distanceFrom(before, "before");
  return ranges.filter(
    (range) =>
      // Negated, so that NaN (unknown) keeps the range.
      !(beyondStart(range.bundleStartSlot, range.bundleStartSlotUtc) < 0) &&
      !(beyondEnd(range.maxBundleEndSlot, range.maxBundleEndSlotUtc) > 0),
  );
}

/** The distance from a bound to the edge of a range: negative before the bound, NaN if unknown. */
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

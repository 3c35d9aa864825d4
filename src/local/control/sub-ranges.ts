import type { AvailableRange } from "../../protocol/available-range.js";
import { splitRange } from "../../protocol/split-range.js";
import type { LedgerBundle } from "../engine/engine.js";
import { BacktestFailure } from "../wire/backtest-failure.js";

/** A range of slots, both ends inclusive. */
export interface SlotSpan {
  startSlot: bigint;
  endSlot: bigint;
}

/** The default number of sessions for a range within one bundle. */
const DEFAULT_PARTS = 4n;

/**
 * Splits the range of a parallel run like the published server. A range within one bundle is divided evenly. A range over several
 * bundles is extended to the start of its first bundle, and then split:
 *
 * - `wanted` is absent: one sub-range per bundle
 * - `wanted` is at most the number of bundles: adjacent bundles are joined
 * - `wanted` is larger: the slots are divided evenly
 *
 * @param wanted the number of sub-ranges; a range with fewer slots is split into one sub-range per slot
 * @throws BacktestFailure `bundleNotFound` for a range that the bundles do not cover
 */
export function partsOf(bundles: readonly LedgerBundle[], span: SlotSpan, wanted: number | undefined): SlotSpan[] {
  const along = alongBundles(bundles, span);
  if (wanted === undefined && along.length > 1) return along;
  const [first = span] = along;
  const whole = along.length > 1 ? { startSlot: first.startSlot, endSlot: span.endSlot } : span;
  const slots = whole.endSlot - whole.startSlot + 1n;
  const parts = wanted === undefined ? DEFAULT_PARTS : BigInt(wanted);
  const count = parts < slots ? parts : slots;
  return BigInt(along.length) >= count && along.length > 1 ? grouped(along, Number(count)) : evenly(whole, slots, count);
}

function alongBundles(bundles: readonly LedgerBundle[], span: SlotSpan): SlotSpan[] {
  if (bundles.length === 0) return [span];
  const ranges = bundles.map(
    ({ startSlot, endSlot }): AvailableRange => ({ bundleStartSlot: startSlot, maxBundleEndSlot: endSlot }),
  );
  try {
    return splitRange(ranges, span);
  } catch {
    throw new BacktestFailure({ bundleNotFound: { start_slot: span.startSlot, end_slot: span.endSlot } });
  }
}

function grouped(along: readonly SlotSpan[], count: number): SlotSpan[] {
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * along.length) / count);
    const to = Math.floor(((index + 1) * along.length) / count) - 1;
    return { startSlot: (along[from] as SlotSpan).startSlot, endSlot: (along[to] as SlotSpan).endSlot };
  });
}

function evenly({ startSlot }: SlotSpan, slots: bigint, count: bigint): SlotSpan[] {
  return Array.from({ length: Number(count) }, (_, part) => {
    const index = BigInt(part);
    return { startSlot: startSlot + (index * slots) / count, endSlot: startSlot + ((index + 1n) * slots) / count - 1n };
  });
}

import { U64_MAX } from "../protocol/scalars.js";
import { UsageError } from "./command-failure.js";

/** The options that specify a range of slots. */
export interface RangeOptions {
  startSlot?: bigint;
  endSlot?: bigint;
  /** Number of slots. 0 is treated as 1, for compatibility with version 0.1. */
  slots?: bigint;
}

/** Returns the last slot of a range with `count` slots. */
export function lastOf(startSlot: bigint, count: bigint): bigint {
  return startSlot + count - 1n;
}

/** @throws UsageError if the last slot is before the first slot, or is larger than a u64 */
export function checkRange(startSlot: bigint, endSlot: bigint): void {
  if (endSlot < startSlot) throw new UsageError(`--end-slot ${endSlot} is before --start-slot ${startSlot}`);
  if (endSlot > U64_MAX) throw new UsageError(`--slots: the last slot would be ${endSlot}, which is larger than ${U64_MAX}`);
}

/** Returns the first and the last slot, both inclusive. @throws UsageError */
export function toRange({ startSlot, endSlot, slots }: RangeOptions): { startSlot: bigint; endSlot: bigint } {
  if (startSlot === undefined) throw new UsageError("--start-slot is missing: give the first slot");
  if (endSlot !== undefined && slots !== undefined)
    throw new UsageError("--end-slot and --slots exclude each other; use one of them");
  if (endSlot === undefined && slots === undefined)
    throw new UsageError("--end-slot or --slots is missing: give the last slot or the number of slots");
  // `--slots 0` means one slot, as in version 0.1.
  const end = endSlot ?? lastOf(startSlot, slots || 1n);
  checkRange(startSlot, end);
  return { startSlot, endSlot: end };
}

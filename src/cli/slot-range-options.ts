import { U64_MAX } from "../protocol/scalars.js";
import { UsageError } from "./command-failure.js";

/** The options that name a range of slots. */
export interface RangeOptions {
  startSlot?: bigint;
  endSlot?: bigint;
  /** Number of slots. 0 is read as 1. */
  slots?: bigint;
}

/** The last of `count` slots. */
export function lastOf(startSlot: bigint, count: bigint): bigint {
  return startSlot + count - 1n;
}

/** First and last slot, both inclusive. @throws UsageError */
export function toRange({ startSlot, endSlot, slots }: RangeOptions): { startSlot: bigint; endSlot: bigint } {
  if (startSlot === undefined) throw new UsageError("--start-slot is missing");
  if (endSlot !== undefined && slots !== undefined)
    throw new UsageError("--end-slot and --slots exclude each other; use one of them");
  if (endSlot === undefined && slots === undefined) throw new UsageError("--end-slot or --slots is missing");
  // Scripts for version 0.1 ask for the first slot alone with `--slots 0`.
  const end = endSlot ?? lastOf(startSlot, slots || 1n);
  if (end < startSlot) throw new UsageError(`--end-slot ${end} is before --start-slot ${startSlot}`);
  if (end > U64_MAX) throw new UsageError(`--slots: the last slot would be ${end}, which is larger than ${U64_MAX}`);
  return { startSlot, endSlot: end };
}

import { invalidParams } from "./error-helpers.js";
import { toU64 } from "./scalars.js";

/** A range of slots in parameters. Both ends are inclusive. */
export interface SlotRange {
  /** The first slot. */
  startSlot: bigint | number;
  /** The last slot, inclusive. */
  endSlot: bigint | number;
}

/** Reads a range from parameters. @throws SimulatorError `invalidParams`, naming the field */
export function toSlotRange(params: SlotRange): { startSlot: bigint; endSlot: bigint } {
  const { startSlot, endSlot }: SlotRange = Object(params);
  const range = { startSlot: toU64(startSlot, "startSlot"), endSlot: toU64(endSlot, "endSlot") };
  if (range.endSlot < range.startSlot) throw invalidParams("endSlot", `${endSlot} is before startSlot ${startSlot}`);
  return range;
}

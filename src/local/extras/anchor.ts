import * as v from "valibot";
import { u64 } from "../../protocol/scalars.js";
import type { actionAnchor } from "../../protocol/scheduled-action.js";
import type { DiscoveryFilter } from "../../protocol/shapes.js";
import type { CompressedFields } from "../wire/compressed-fields.js";
import { SlotSchedule } from "./slot-schedule.js";

type WireAnchor = v.InferOutput<typeof actionAnchor>;
type At = WireAnchor["at"];

/** The decoded `anchor` of a request. It defines when an action or a diagnostic probe runs. */
export type Anchor =
  | { at: Extract<At, "beforeSlot" | "afterSlot">; slots: SlotSchedule }
  | { at: Extract<At, "beforeEverySlot" | "afterEverySlot">; every: bigint }
  | { at: Extract<At, "beforeMatch" | "afterMatch">; filter: DiscoveryFilter };

const slotList = v.array(u64);

/** Decodes the `anchor` of an action or a probe. @throws BacktestFailure `invalidRequest` */
export function readAnchor(name: string, wire: WireAnchor, fields: CompressedFields): Anchor {
  switch (wire.at) {
    case "beforeSlot":
    case "afterSlot":
      return { at: wire.at, slots: new SlotSchedule(fields.read(`${name}.slots`, wire.slots, slotList)) };
    case "beforeEverySlot":
    case "afterEverySlot":
      return { at: wire.at, every: wire.everyNSlots };
    case "beforeMatch":
    case "afterMatch":
      return { at: wire.at, filter: wire.filter as DiscoveryFilter };
  }
}

/**
 * Whether an anchor selects the start (`before`) or the end (`after`) of a slot. Always `false` for `beforeMatch` and
 * `afterMatch`.
 */
export function firesAtSlot(anchor: Anchor, at: "before" | "after", slot: bigint): boolean {
  switch (anchor.at) {
    case "beforeSlot":
    case "afterSlot":
      return anchor.at === `${at}Slot` && anchor.slots.has(slot);
    case "beforeEverySlot":
    case "afterEverySlot":
      return anchor.at === `${at}EverySlot` && slot % anchor.every === 0n;
    default:
      return false;
  }
}

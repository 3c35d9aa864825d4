import type { AccountData } from "../protocol/shapes.js";
import type { ScheduledAction } from "./scheduled-actions.js";

/**
 * Account states that hold from a slot on, for all that is re-quoted or read by address, until a later override.
 *
 * @example { startSlot, slotCount: 100, reroute: {}, actions: [overrideAt(300_000_010n, { [pool]: account })] }
 */
export function overrideAt(slot: bigint | number, accountOverrides: Record<string, AccountData>): ScheduledAction {
  return { anchor: { at: "beforeSlot", slots: [slot] }, feedsReroute: true, accountOverrides };
}

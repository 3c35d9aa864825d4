import { Cursor } from "../../src/channels/cursor.js";
import type { NotificationEvent, SlotEvent } from "../../src/channels/managed-events.js";
import type { Stream } from "../../src/channels/subscription-channel.js";
import type { Held } from "../../src/session/event-store.js";
import { PROGRAM } from "./session-rig.js";

export function stream(): Stream {
  return { filter: PROGRAM, received: new Cursor(), delivered: new Cursor() };
}

/** A control event that waits to be taken. */
export function control(slot: bigint, sequence?: bigint): Held & { event: SlotEvent } {
  return { event: { type: "slot", slot }, sequence };
}

/** A notification that waits to be taken. */
export function notification(of: Stream, slot: bigint, key: string): Held & { event: NotificationEvent } {
  const event: NotificationEvent = { type: "accountDiff", program: PROGRAM, diff: { context: { slot }, signature: key } };
  return { event, stream: of, slot, key };
}

import { Cursor } from "../../../src/channels/cursor.js";
import type { ManagedEvent, NotificationEvent, SlotEvent } from "../../../src/channels/managed-events.js";
import type { Stream } from "../../../src/channels/subscription-channel.js";
import type { BufferedControlEvent, BufferedSubscriptionEvent } from "../../../src/session/events/buffered-event.js";
import { SessionEvents } from "../../../src/session/events/session-events.js";
import { brief, PROGRAM } from "../session-rig.js";

export const SUBSCRIPTION_ID = "accountDiff-1";

export function stream(): Stream {
  return { filter: PROGRAM, subscriptionId: SUBSCRIPTION_ID, received: new Cursor(), delivered: new Cursor() };
}

function slotEvent(slot: bigint): SlotEvent {
  return { type: "slot", slot };
}

export function diffEvent(slot: bigint, signature: string, subscriptionId = SUBSCRIPTION_ID): NotificationEvent {
  return { type: "accountDiff", subscriptionId, program: PROGRAM, diff: { context: { slot }, signature } };
}

/** Returns a buffered control event. */
export function control(slot: bigint, sequence?: bigint, size = 10): BufferedControlEvent {
  return { event: slotEvent(slot), sequence, size };
}

/** Returns a buffered notification. */
export function notification(of: Stream, slot: bigint, key: string, size = 10): BufferedSubscriptionEvent {
  const { subscriptionId } = of;
  return { event: diffEvent(slot, key, subscriptionId), subscriptionId, stream: of, slot, key, size };
}

/** Creates the event buffers of a session, and records each emitted event as text. */
export function sessionEvents(
  limits = { events: 1_000, bytes: 1_000_000 },
  handleEmit: (event: ManagedEvent) => void = () => {},
) {
  const emitted: string[] = [];
  const counts = { changes: 0 };
  const events = new SessionEvents({
    limits,
    deliveredSequence: undefined,
    emit: (event) => {
      emitted.push(brief(event));
      handleEmit(event);
    },
    handleChange: () => {
      counts.changes++;
    },
  });
  const arrive = (slot: bigint, sequence?: bigint): void => events.handleControlEvent(slotEvent(slot), sequence, 10);
  return { events, flow: events.stream, emitted, counts, arrive };
}

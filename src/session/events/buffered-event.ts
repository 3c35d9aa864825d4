import type { ControlEvent, ManagedEvent, SubscriptionEvent } from "../../channels/managed-events.js";
import type { Stream } from "../../channels/subscription-channel.js";

/** An event of the control channel that waits for its consumer. */
export interface BufferedControlEvent {
  readonly event: ControlEvent;
  /** Size of its frame, in bytes or characters. */
  readonly size: number;
  /** The sequence id that its delivery confirms. */
  readonly sequence: bigint | undefined;
}

/** An event of a subscription that waits for its consumer. */
export interface BufferedSubscriptionEvent {
  readonly event: SubscriptionEvent;
  readonly size: number;
  /** `Subscription.id`. */
  readonly subscriptionId: string;
  /** The stream whose cursor moves when the event is delivered. Absent if the event is not a notification. */
  readonly stream: Stream | undefined;
  readonly slot: bigint;
  readonly key: string;
}

/** A queue as its consumer sees it. */
export interface EventQueue<E extends ManagedEvent> {
  readonly length: number;
  /** Removes the next event and records it as delivered. */
  shift(): E | undefined;
}

import type { ControlEvent, SubscriptionEvent } from "../../channels/managed-events.js";
import type { Stream } from "../../channels/subscription-channel.js";

/** A control event that is buffered for the consumer. */
export interface BufferedControlEvent {
  readonly event: ControlEvent;
  /** How much the event counts against the buffer limit: the length of its frame. */
  readonly size: number;
  /** The sequence id of the event. It is recorded as delivered when the event is delivered. */
  readonly sequence: bigint | undefined;
}

/** An event of a subscription that is buffered for the consumer. */
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

/** The consumer's view of a queue. */
export interface EventQueue<E> {
  readonly length: number;
  /** Removes the next event and records it as delivered. */
  shift(): E | undefined;
}

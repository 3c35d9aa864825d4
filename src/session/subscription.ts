import type { EventEmitter } from "eventemitter3";
import type { ContinuityEvent, NotificationEvent, SubscriptionEvent, UnrecognizedEvent } from "../channels/managed-events.js";
import type { SubscriptionKindName } from "../channels/subscription-kinds.js";
import type { ConnectionStatus } from "../connection/status.js";

/** The events that a subscription emits to its own listeners. */
export type SubscriptionEmitterEvents = {
  [E in SubscriptionEvent as E["type"]]: (event: E) => void;
} & {
  /** A change of the subscription's connection. A listener for this change does not consume the subscription's events. */
  connection: (change: { channel: string; subscriptionId: string; status: ConnectionStatus }) => void;
};

export type SubscriptionEventName = EventEmitter.EventNames<SubscriptionEmitterEvents>;
export type SubscriptionListener<T extends SubscriptionEventName> = EventEmitter.EventListener<SubscriptionEmitterEvents, T>;

/**
 * The subscriptions of one `subscribe…` call, on one connection. At first, the session's stream delivers their events. After you
 * iterate over this object or add a listener to it, this object delivers the events, starting with the buffered events.
 *
 * @example
 * const transactions = session.subscribeTransactions([program]);
 * for await (const event of transactions) {
 *   if (event.type === "transaction") console.log(event.transaction.slot);
 * }
 */
export interface Subscription<E extends NotificationEvent = NotificationEvent>
  extends AsyncIterable<E | ContinuityEvent | UnrecognizedEvent>,
    AsyncDisposable {
  /** An id that is unique in the session, such as `accountDiff-1`. It stays the same after a reconnect and after a resume. */
  readonly id: string;
  /** The kind of the subscription. */
  readonly kind: SubscriptionKindName;
  /**
   * The programs, accounts or signatures, in the order of the call. For a kind without filters, the list contains one empty
   * string.
   */
  readonly filters: readonly string[];
  /** Resolves when the server has acknowledged every filter for the first time. Rejects if the subscription ends before then. */
  readonly ready: Promise<void>;
  /** The state of the connection. */
  readonly connection: ConnectionStatus;
  /**
   * Iterates over the subscription's own events. After a `break`, events are buffered for its next consumer.
   *
   * @throws SimulatorError `consumerBusy` from the first `next()` during another iteration
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<E | ContinuityEvent | UnrecognizedEvent>;
  /**
   * Adds a listener to the subscription's own events. Delivery starts in the next microtask. After the last listener is removed,
   * events are buffered.
   */
  on<T extends SubscriptionEventName>(event: T, listener: SubscriptionListener<T>): this;
  /** Adds a listener that is removed after one event. */
  once<T extends SubscriptionEventName>(event: T, listener: SubscriptionListener<T>): this;
  /** Removes a listener, or all listeners of an event. */
  off<T extends SubscriptionEventName>(event: T, listener?: SubscriptionListener<T>): this;
  /** From this call on, the session's stream delivers the events of this subscription, including the buffered events. */
  release(): void;
  /** Ends the subscription. Events that have been received are still delivered. */
  unsubscribe(): Promise<void>;
  /** The same as `unsubscribe`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The options of every `subscribe…` method. */
export interface SubscribeOptions {
  /** Ends the subscription when it fires. @default none */
  signal?: AbortSignal;
}

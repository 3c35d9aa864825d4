import type { EventEmitter } from "eventemitter3";
import type { ContinuityEvent, NotificationEvent, SubscriptionEvent, UnrecognizedEvent } from "../channels/managed-events.js";
import type { SubscriptionKindName } from "../channels/subscription-kinds.js";
import type { ConnectionStatus } from "../connection/status.js";

/** What a subscription emits to its own listeners. */
export type SubscriptionEmitterEvents = {
  [E in SubscriptionEvent as E["type"]]: (event: E) => void;
} & {
  /** A change of its connection. Listening for it does not consume the subscription's events. */
  connection: (change: { channel: string; subscriptionId: string; status: ConnectionStatus }) => void;
};

export type SubscriptionEventName = EventEmitter.EventNames<SubscriptionEmitterEvents>;
export type SubscriptionListener<T extends SubscriptionEventName> = EventEmitter.EventListener<SubscriptionEmitterEvents, T>;

/**
 * The subscriptions of one call: one connection, with its filters in order. Its events are part of the session's stream until
 * you iterate over the subscription or listen to it. From then on, the subscription delivers them, starting with the buffered
 * ones.
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
  /** Unique in its session, such as `accountDiff-1`. The same after a reconnect and after a resume. */
  readonly id: string;
  readonly kind: SubscriptionKindName;
  /** Programs, accounts or signatures, in the order they were given; one empty text where the kind has none. */
  readonly filters: readonly string[];
  /** Resolves when every filter is subscribed for the first time; rejects if that fails. */
  readonly ready: Promise<void>;
  readonly connection: ConnectionStatus;
  /**
   * Iterates over the subscription's own events. After a `break` they wait for its next consumer.
   *
   * @throws SimulatorError `consumerBusy` from the first `next()` while another iteration is under way
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<E | ContinuityEvent | UnrecognizedEvent>;
  /** Listens to the subscription's own events, from the next microtask on. After the last `off` they are buffered. */
  on<T extends SubscriptionEventName>(event: T, listener: SubscriptionListener<T>): this;
  once<T extends SubscriptionEventName>(event: T, listener: SubscriptionListener<T>): this;
  off<T extends SubscriptionEventName>(event: T, listener?: SubscriptionListener<T>): this;
  /** Returns the events to the session's stream, starting with the buffered ones. */
  release(): void;
  /** Ends it. What was received is still delivered. */
  unsubscribe(): Promise<void>;
  /** The same as `unsubscribe`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options of every `subscribe…`. */
export interface SubscribeOptions {
  /** Unsubscribes when it fires. */
  signal?: AbortSignal;
}

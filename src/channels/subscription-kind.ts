import type * as v from "valibot";
import type { NotificationEvent } from "./managed-events.js";

/** A notification as its subscription needs it. */
export interface Notification {
  slot: bigint;
  /** What tells it from the others of its slot. */
  key: string;
  event: NotificationEvent;
}

/** Where a notification belongs: the filter of its stream, and the subscription. */
export interface NotificationSource {
  readonly filter: string;
  /** `Subscription.id`. */
  readonly subscriptionId: string;
}

/** One kind of subscription: all that differs from kind to kind. Its methods are `NAMESubscribe` and `NAMENotification`. */
export interface SubscriptionKind {
  readonly name: string;
  /** What each of its filters is; without one there is a single stream. */
  readonly filter?: "address" | "signature";
  /** The subscribe's parameters, for one filter: the last one, if it is an object, is the config. */
  params(filter: string): readonly [] | readonly [what: unknown, config: object];
  /** `undefined` for what isn't such a notification. */
  read(result: unknown, source: NotificationSource): Notification | undefined;
  /** The whole of a result, where `read` checks less than that. */
  readonly schema?: v.GenericSchema;
  /** What is wrong with a result, if the whole of it is checked. */
  findProblem?(result: unknown): string | undefined;
  /** A shorter way from a frame's text to the notification, for the layouts that it knows. */
  scan?(text: string): { subscription: number; read(source: NotificationSource): Notification } | undefined;
  /** Over after its first notification, as Solana's `signatureSubscribe` is. */
  readonly isOneShot?: true;
}

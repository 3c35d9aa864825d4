import type * as v from "valibot";
import type { NotificationEvent } from "./managed-events.js";

/** A notification that was read by its kind. */
export interface Notification {
  slot: bigint;
  /** Distinguishes it from the other notifications of its slot. */
  key: string;
  event: NotificationEvent;
}

/** The origin of a notification: the filter of its stream, and its subscription. */
export interface NotificationSource {
  readonly filter: string;
  /** `Subscription.id`. */
  readonly subscriptionId: string;
}

/** One kind of subscription. Its methods are `NAMESubscribe` and `NAMENotification`. */
export interface SubscriptionKind {
  readonly name: string;
  /** The type of its filters. A kind without filters has a single stream. */
  readonly filter?: "address" | "signature";
  /** The parameters of a subscribe for one filter. The second one is its config. */
  params(filter: string): readonly [] | readonly [what: unknown, config: object];
  /** Reads a result. Returns `undefined` if it is malformed. */
  read(result: unknown, source: NotificationSource): Notification | undefined;
  /** The complete schema of a result, where `read` validates less. */
  readonly schema?: v.GenericSchema;
  /** Returns the problem of a result, where all of it is validated. */
  findProblem?(result: unknown): string | undefined;
  /** Reads the usual layouts from the text of a frame, without parsing JSON. */
  scan?(text: string): { subscription: number; read(source: NotificationSource): Notification } | undefined;
  /** Whether it ends after its first notification, as `signatureSubscribe` does. Then its slots have no order. */
  readonly isOneShot?: true;
}

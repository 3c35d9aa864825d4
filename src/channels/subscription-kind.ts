import type * as v from "valibot";
import type { NotificationEvent } from "./managed-events.js";

/** A parsed notification. */
export interface Notification<E extends NotificationEvent = NotificationEvent> {
  slot: bigint;
  /** Distinguishes the notification from the other notifications of the same slot. */
  key: string;
  event: E;
}

/** The subscription of a notification, and the filter that the notification matched. */
export interface NotificationSource {
  readonly filter: string;
  /** `Subscription.id`. */
  readonly subscriptionId: string;
}

/** One kind of subscription. Its methods are `NAMESubscribe` and `NAMENotification`. */
export interface SubscriptionKind<E extends NotificationEvent = NotificationEvent> {
  readonly name: string;
  /** The type of the filters. A kind without filters has a single stream. */
  readonly filter?: "address" | "signature";
  /** Returns the parameters of the subscribe request for one filter. The second parameter is the config. */
  params(filter: string): readonly [] | readonly [what: unknown, config: object];
  /** Reads the result in a notification. Returns `undefined` if it is malformed. */
  read(result: unknown, source: NotificationSource): Notification<E> | undefined;
  /** The complete schema of the result, if `read` does not validate all of it. */
  readonly schema?: v.GenericSchema;
  /** Validates the complete result. Returns the problem if it is invalid. */
  findProblem?(result: unknown): string | undefined;
  /** Reads the common layouts from the text of a frame, without parsing JSON. Returns `undefined` for any other text. */
  scan?(text: string): { subscription: number; read(source: NotificationSource): Notification<E> } | undefined;
  /**
   * `true`: each stream ends after its first notification, as with `signatureSubscribe`. The client does not check the order of
   * slots in such a stream.
   */
  readonly isOneShot?: true;
}

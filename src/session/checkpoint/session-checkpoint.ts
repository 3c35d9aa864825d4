import type { CursorState } from "../../channels/cursor.js";
import type { SessionInfo } from "../../channels/session-info.js";
import type { Stream } from "../../channels/subscription-channel.js";
import type { SubscriptionKindName } from "../../channels/subscription-kinds.js";
import { stringifyJson } from "../../codec/json.js";
import { definedOnly } from "../../protocol/message.js";
import type { ContinueState } from "../continues/continue-sender.js";
import type { SlotRange } from "../coverage.js";

/** The delivered position of a subscription. */
export interface SubscriptionCheckpoint {
  /** `Subscription.id`. Absent in checkpoints of version 0.1. */
  id?: string;
  /** The kind of the subscription. */
  kind: SubscriptionKindName;
  /** The programs, accounts or signatures. */
  filters: string[];
  /** The options of the subscribe request. */
  config: Record<string, unknown>;
  /** Whether all events of the subscription have been delivered. If so, a resumed session does not open the subscription again. */
  complete: boolean;
  /** For each filter: the last delivered slot, and the keys of the events delivered at this slot. `null` before the first event. */
  cursors: ({ slot: string; keys: string[] } | null)[];
}

/**
 * The delivered position of a session, as plain JSON. A client can resume the session from it in any tab, process or machine, and
 * receives all later events. The checkpoint does not contain the API key, nor an address to connect to.
 */
export interface SessionCheckpoint {
  version: 1;
  /** The id of the session. */
  sessionId: string;
  /** The name of the session, if it has one. */
  sessionName?: string;
  /** The first slot, inclusive. */
  startSlot: string;
  /** The last slot, inclusive. */
  endSlot: string;
  /** The last delivered sequence id. `null` if none has been delivered. */
  sequence: string | null;
  /** The highest delivered slot. Absent before the first slot, and in checkpoints of version 0.1. */
  slot?: string;
  /** Whether the session is waiting for a continue request. */
  atStop: boolean;
  /** The continue request whose response is pending: its JSON, and whether the server is known to have received it. */
  pendingContinue: { request: string; received: boolean } | null;
  /**
   * Number of undelivered stops (`readyForContinue` or `paused`). The stop that ends `pendingContinue` does not count.
   *
   * @default 0
   */
  stopsAhead?: number;
  /** The positions of the subscriptions. */
  subscriptions: SubscriptionCheckpoint[];
}

/** A subscription whose position goes into a checkpoint. */
export interface RecordedSubscription {
  readonly id: string;
  readonly kind: SubscriptionKindName;
  readonly filters: readonly string[];
  readonly config: Readonly<Record<string, unknown>> | undefined;
  readonly channel: { readonly isComplete: boolean; readonly streams: readonly Pick<Stream, "received" | "delivered">[] };
}

export function toSubscriptionCheckpoint({ id, kind, filters, config, channel }: RecordedSubscription): SubscriptionCheckpoint {
  const { isComplete, streams } = channel;
  const toJson = (state: CursorState | undefined) => (state ? { slot: `${state.slot}`, keys: [...state.keys] } : null);
  return {
    id,
    kind,
    filters: [...filters],
    config: { ...config },
    complete: isComplete && streams.every(({ received, delivered }) => received.isAt(delivered)),
    cursors: streams.map(({ delivered }) => toJson(delivered.state)),
  };
}

export function toCheckpoint(
  { sessionId, sessionName }: SessionInfo,
  { startSlot, endSlot }: SlotRange,
  sequence: bigint | undefined,
  slot: bigint | undefined,
  { atStop, inFlight, stopsAhead }: ContinueState,
  subscriptions: SubscriptionCheckpoint[],
): SessionCheckpoint {
  return definedOnly({
    version: 1,
    sessionId,
    sessionName,
    startSlot: `${startSlot}`,
    endSlot: `${endSlot}`,
    sequence: sequence?.toString() ?? null,
    slot: slot?.toString(),
    atStop,
    pendingContinue: inFlight ? { request: stringifyJson(inFlight.request), received: inFlight.phase === "received" } : null,
    stopsAhead,
    subscriptions,
  });
}

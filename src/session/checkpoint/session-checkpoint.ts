import type { CursorState } from "../../channels/cursor.js";
import type { SessionInfo } from "../../channels/session-info.js";
import type { Stream } from "../../channels/subscription-channel.js";
import type { SubscriptionKindName } from "../../channels/subscription-kinds.js";
import { stringifyJson } from "../../codec/json.js";
import type { ContinueState } from "../continues/continue-sender.js";
import type { SlotRange } from "../coverage.js";

/** What of a subscription was delivered. */
export interface SubscriptionCheckpoint {
  /** `Subscription.id`. Absent in checkpoints of version 0.1. */
  id?: string;
  kind: SubscriptionKindName;
  filters: string[];
  config: Record<string, unknown>;
  /** Whether all of it was delivered: then it is not subscribed again. */
  complete: boolean;
  /** For each filter, the last slot and the keys that were delivered of it; `null` before the first event. */
  cursors: ({ slot: string; keys: string[] } | null)[];
}

/**
 * The delivered position of a session, as plain JSON. A client that resumes it, in any tab, process or machine, receives
 * everything after it. It contains no API key, and no address that is trusted.
 */
export interface SessionCheckpoint {
  version: 1;
  sessionId: string;
  sessionName?: string;
  /** First and last slot, inclusive. */
  startSlot: string;
  endSlot: string;
  /** The last sequence id that was delivered; `null` if none was. */
  sequence: string | null;
  /** Whether the session waits for a continue. */
  atStop: boolean;
  /** A continue that was written and not answered yet: its JSON, and whether the server is known to have received it. */
  pendingContinue: { request: string; received: boolean } | null;
  /** Stops that are replayed, or yet to come, and that answer no continue. @default 0 */
  stopsAhead?: number;
  subscriptions: SubscriptionCheckpoint[];
}

/** A subscription whose progress is recorded. */
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
  { atStop, inFlight, stopsAhead }: ContinueState,
  subscriptions: SubscriptionCheckpoint[],
): SessionCheckpoint {
  return {
    version: 1,
    sessionId,
    ...(sessionName !== undefined && { sessionName }),
    startSlot: `${startSlot}`,
    endSlot: `${endSlot}`,
    sequence: sequence === undefined ? null : `${sequence}`,
    atStop,
    pendingContinue: inFlight ? { request: stringifyJson(inFlight.request), received: inFlight.phase === "received" } : null,
    stopsAhead,
    subscriptions,
  };
}

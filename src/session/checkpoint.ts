import type { SessionInfo } from "../channels/session-info.js";
import type { Stream } from "../channels/subscription-channel.js";
import type { SubscriptionKindName } from "../channels/subscription-kinds.js";
import { stringifyJson } from "../codec/json.js";
import type { SlotRange } from "./coverage.js";
import type { SubscriptionSpec } from "./managed-subscription.js";
import type { PendingContinue } from "./pending-continue.js";

/** What of one call's subscriptions was delivered. */
export interface SubscriptionCheckpoint {
  kind: SubscriptionKindName;
  filters: string[];
  config: Record<string, unknown>;
  /** Whether all of it was delivered: it is then not subscribed again. */
  complete: boolean;
  /** For each filter, the last slot and what of it was delivered; `null`: nothing yet. */
  cursors: ({ slot: string; keys: string[] } | null)[];
}

/**
 * What of a session was delivered, as plain JSON: whoever resumes it, in another tab, process or machine, gets all that
 * came after. It holds no key, and no address that is trusted.
 */
export interface SessionCheckpoint {
  version: 1;
  sessionId: string;
  sessionName?: string;
  /** First and last slot, inclusive. */
  startSlot: string;
  endSlot: string;
  /** The last sequence id that was delivered; `null`: none was. */
  sequence: string | null;
  /** Whether the session waits for a continue. */
  atStop: boolean;
  /** A continue that was written and not yet answered: its JSON, and whether the server is known to have it. */
  pendingContinue: { request: string; received: boolean } | null;
  /** Stops that come again, or are yet to come, and answer no continue. Default: 0. */
  stopsAhead?: number;
  subscriptions: SubscriptionCheckpoint[];
}

/** Where the continues of a session stand. */
export interface ContinuesState {
  atStop: boolean;
  inFlight: PendingContinue | undefined;
  /** Stops that are not taken yet, and answer nothing that is in flight. */
  stopsAhead: number;
}

/** What a resumed session goes on from. */
export interface ResumedState {
  sessionId: string;
  range: SlotRange;
  sequence: bigint | undefined;
  continues: ContinuesState;
  open: SubscriptionSpec[];
  complete: SubscriptionCheckpoint[];
}

/** @param isOver whether all of it has come in, however much of that is still held */
export function toSubscriptionCheckpoint(
  { kind, filters, config }: SubscriptionSpec,
  streams: readonly Stream[],
  isOver: boolean,
): SubscriptionCheckpoint {
  return {
    kind,
    filters: [...filters],
    config: { ...config },
    complete: isOver && streams.every(({ received, delivered }) => received.isAt(delivered)),
    cursors: streams.map(({ delivered: { state } }) => (state ? { slot: `${state.slot}`, keys: [...state.keys] } : null)),
  };
}

export function toCheckpoint(
  { sessionId, sessionName }: SessionInfo,
  { startSlot, endSlot }: SlotRange,
  sequence: bigint | undefined,
  { atStop, inFlight, stopsAhead }: ContinuesState,
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

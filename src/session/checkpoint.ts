import * as v from "valibot";
import type { CursorState } from "../channels/cursor.js";
import type { SessionInfo } from "../channels/session-info.js";
import type { Stream } from "../channels/subscription.js";
import { SUBSCRIPTION_KINDS, type SubscriptionKindName } from "../channels/subscription-kinds.js";
import { parseJson, stringifyJson } from "../codec/json.js";
import { parseSessionId } from "../protocol/ids.js";
import { findProblem } from "../protocol/message.js";
import { boolean, oneOf, orNull, text } from "../protocol/schema.js";
import { invalidParams } from "../protocol/simulator-error.js";
import type { ContinueRequest } from "./continue-params.js";
import type { SubscriptionSpec } from "./managed-subscription.js";
import type { PendingContinue } from "./pending-continue.js";
import type { SlotRange } from "./coverage.js";

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
  subscriptions: SubscriptionCheckpoint[];
}

/** Where the continues of a session stand. */
export interface ContinuesState {
  atStop: boolean;
  inFlight: PendingContinue | undefined;
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
  { atStop, inFlight }: ContinuesState,
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
    subscriptions,
  };
}

const integer = v.custom<string>((value) => typeof value === "string" && /^\d{1,20}$/.test(value), "expected digits");

const checkpointSchema = v.object({
  version: oneOf([1]),
  sessionId: v.custom<string>((value) => parseSessionId(value) !== undefined, "expected a session id"),
  startSlot: integer,
  endSlot: integer,
  sequence: orNull(integer),
  atStop: boolean,
  pendingContinue: orNull(v.object({ request: text, received: boolean })),
  subscriptions: v.array(
    v.object({
      kind: oneOf(Object.keys(SUBSCRIPTION_KINDS)),
      filters: v.array(text),
      config: v.record(text, v.custom<unknown>(() => true)),
      complete: boolean,
      cursors: v.array(orNull(v.object({ slot: integer, keys: v.array(text) }))),
    }),
  ),
});

/** @throws SimulatorError `invalidParams` for what no `checkpoint()` has made */
export function readCheckpoint(checkpoint: SessionCheckpoint): ResumedState {
  const problem = findProblem(checkpointSchema, checkpoint);
  if (problem !== undefined) throw invalidParams("checkpoint", `not a checkpoint of this version: ${problem}`);
  const { sessionId, startSlot, endSlot, sequence, atStop, pendingContinue, subscriptions } = checkpoint;
  return {
    sessionId,
    range: { startSlot: BigInt(startSlot), endSlot: BigInt(endSlot) },
    sequence: sequence === null ? undefined : BigInt(sequence),
    continues: { atStop, inFlight: pendingContinue ? toPending(pendingContinue) : undefined },
    open: subscriptions.filter(({ complete }) => !complete).map(toSpec),
    complete: subscriptions.filter(({ complete }) => complete),
  };
}

function toSpec({ kind, filters, config, cursors }: SubscriptionCheckpoint): SubscriptionSpec {
  return {
    kind,
    filters,
    config,
    cursors: cursors.map((cursor): CursorState | undefined => cursor ? { slot: BigInt(cursor.slot), keys: cursor.keys } : undefined),
  };
}

function toPending({ request, received }: { request: string; received: boolean }): PendingContinue {
  return { request: parseJson(request) as ContinueRequest, phase: received ? "received" : "written" };
}

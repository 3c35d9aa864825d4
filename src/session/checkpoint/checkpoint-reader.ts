import * as v from "valibot";
import type { CursorState } from "../../channels/cursor.js";
import { isSubscriptionKind } from "../../channels/subscription-kinds.js";
import { parseJson } from "../../codec/json.js";
import { invalidParams, messageOf } from "../../protocol/error-helpers.js";
import { parseSessionId } from "../../protocol/ids.js";
import { findProblem, members } from "../../protocol/message.js";
import { anything, boolean, oneOf, orNull, record, text } from "../../protocol/schema.js";
import {
  type ContinueParams,
  type ContinueRequest,
  type ContinueToParams,
  toBareContinue,
  toContinueToRequest,
  toWireChanges,
} from "../continues/continue-params.js";
import type { PendingContinue } from "../continues/continue-phase.js";
import type { ContinueState } from "../continues/continue-sender.js";
import type { SlotRange } from "../coverage.js";
import type { SubscriptionSpec } from "../subscription-spec.js";
import type { SessionCheckpoint, SubscriptionCheckpoint } from "./session-checkpoint.js";

/** The position at which a resumed session continues. */
export interface ResumedState {
  readonly sessionId: string;
  readonly range: SlotRange;
  readonly sequence: bigint | undefined;
  readonly continues: ContinueState;
  /** The subscriptions to open again. */
  readonly open: readonly SubscriptionSpec[];
  /** The subscriptions whose events have all been delivered. They are not opened again. */
  readonly complete: readonly SubscriptionCheckpoint[];
}

const integer = v.custom<string>((value) => typeof value === "string" && /^\d{1,20}$/.test(value), "expected digits");

const kind = v.custom<string>(
  (value) => typeof value === "string" && isSubscriptionKind(value),
  "expected a subscription's kind",
);

const count = v.custom<number>((value) => Number.isSafeInteger(value) && (value as number) >= 0, "expected a count");

const checkpointSchema = v.object({
  version: oneOf([1]),
  sessionId: v.custom<string>((value) => parseSessionId(value) !== undefined, "expected a session id"),
  startSlot: integer,
  endSlot: integer,
  sequence: orNull(integer),
  atStop: boolean,
  pendingContinue: orNull(v.object({ request: text, received: boolean })),
  stopsAhead: v.optional(count),
  subscriptions: v.array(
    v.object({
      id: v.optional(text),
      kind,
      filters: v.array(text),
      config: record(text, anything),
      complete: boolean,
      cursors: v.array(orNull(v.object({ slot: integer, keys: v.array(text) }))),
    }),
  ),
});

/** Reads a checkpoint. @throws SimulatorError `invalidParams` for anything else */
export function readCheckpoint(checkpoint: SessionCheckpoint): ResumedState {
  const problem = findProblem(checkpointSchema, checkpoint);
  if (problem !== undefined) throw invalidParams("checkpoint", `not a checkpoint of this version: ${problem}`);
  const { sessionId, startSlot, endSlot, sequence, atStop, pendingContinue, stopsAhead = 0, subscriptions } = checkpoint;
  return {
    sessionId,
    range: { startSlot: BigInt(startSlot), endSlot: BigInt(endSlot) },
    sequence: sequence === null ? undefined : BigInt(sequence),
    continues: { atStop, inFlight: pendingContinue ? toPending(pendingContinue) : undefined, stopsAhead },
    open: subscriptions.filter(({ complete }) => !complete).map(toSpec),
    complete: subscriptions.filter(({ complete }) => complete),
  };
}

function toSpec({ id, kind, filters, config, cursors }: SubscriptionCheckpoint): SubscriptionSpec {
  return {
    id,
    kind,
    filters,
    config,
    cursors: cursors.map((cursor): CursorState | undefined =>
      cursor ? { slot: BigInt(cursor.slot), keys: cursor.keys } : undefined,
    ),
  };
}

function toPending({ request, received }: { request: string; received: boolean }): PendingContinue {
  return { request: readRequest(request), phase: received ? "received" : "written" };
}

function parseRequest(json: string): unknown {
  try {
    return parseJson(json);
  } catch (error) {
    throw invalidParams("checkpoint", `pendingContinue.request: ${messageOf(error)}`);
  }
}

/** The request is checked like a user's request, because `run()` may send it again. */
function readRequest(json: string): ContinueRequest {
  const { method, params } = members(parseRequest(json));
  if (method === "continueTo") return toContinueToRequest(params as ContinueToParams);
  const { advanceCount = 1n, ...changes } = members(params) as ContinueParams;
  return { method: "continue", params: { ...toBareContinue(advanceCount).params, ...toWireChanges(changes) } };
}

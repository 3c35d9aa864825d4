import * as v from "valibot";
import { isSubscriptionKind } from "../../channels/subscription-kinds.js";
import { parseJson } from "../../codec/json.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import { parseSessionId } from "../../protocol/ids.js";
import { describeIssue, FIRST_ISSUE, members } from "../../protocol/message.js";
import { anything, boolean, oneOf, opt, record, text } from "../../protocol/schema.js";
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
  /** The highest slot that was delivered before the checkpoint. */
  readonly slot: bigint | undefined;
  readonly continues: ContinueState;
  /** The subscriptions to open again. */
  readonly open: readonly SubscriptionSpec[];
  /** The subscriptions whose events have all been delivered. They are not opened again. */
  readonly complete: readonly SubscriptionCheckpoint[];
}

const integer = v.pipe(
  v.custom<string>((value) => typeof value === "string" && /^\d{1,20}$/.test(value), "expected digits"),
  v.transform((digits: string) => BigInt(digits)),
);

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
  sequence: opt(integer),
  slot: opt(integer),
  atStop: boolean,
  pendingContinue: opt(v.object({ request: text, received: boolean })),
  stopsAhead: v.optional(count),
  subscriptions: v.array(
    v.object({
      id: v.optional(text),
      kind,
      filters: v.array(text),
      config: record(text, anything),
      complete: boolean,
      cursors: v.array(opt(v.object({ slot: integer, keys: v.array(text) }))),
    }),
  ),
});

/** Reads a checkpoint. @throws SimulatorError `invalidParams` if the value is not a valid checkpoint */
export function readCheckpoint(checkpoint: SessionCheckpoint): ResumedState {
  const { success, output, issues } = v.safeParse(checkpointSchema, checkpoint, FIRST_ISSUE);
  if (!success) {
    throw invalidParams("checkpoint", `not a checkpoint of this version: ${describeIssue(issues[0], "checkpoint").problem}`);
  }
  const { sessionId, startSlot, endSlot, sequence, slot, atStop, pendingContinue, stopsAhead = 0, subscriptions } = output;
  return {
    sessionId,
    range: { startSlot, endSlot },
    sequence,
    slot,
    continues: { atStop, inFlight: pendingContinue && toPending(pendingContinue), stopsAhead },
    open: subscriptions.filter(({ complete }) => !complete) as SubscriptionSpec[],
    complete: checkpoint.subscriptions.filter(({ complete }) => complete),
  };
}

function toPending({ request, received }: { request: string; received: boolean }): PendingContinue {
  return { request: readRequest(request), phase: received ? "received" : "written" };
}

function parseRequest(json: string): unknown {
  try {
    return parseJson(json);
  } catch {
    throw invalidParams("checkpoint", "pendingContinue.request is not JSON");
  }
}

/**
 * Reads the request of a checkpoint. The checkpoint comes from the user, so the request is checked like the parameters of
 * `continue`.
 */
function readRequest(json: string): ContinueRequest {
  const { method, params } = members(parseRequest(json));
  if (method === "continueTo") return toContinueToRequest(params as ContinueToParams);
  const { advanceCount = 1n, ...changes } = members(params) as ContinueParams;
  return { method: "continue", params: { ...toBareContinue(advanceCount).params, ...toWireChanges(changes) } };
}

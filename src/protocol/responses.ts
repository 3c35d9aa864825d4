import * as v from "valibot";
import { parseJson } from "../codec/json.js";
import { backtestErrorSchema } from "./backtest-error.js";
import { controlSessionId, parseSessionId, sessionId } from "./ids.js";
import { members, readMessage } from "./message.js";
import { count, i64, readU64, u32, u64 } from "./scalars.js";
import { oneOf, opt, orNull, text } from "./schema.js";
import { discoveryFilter, encodedBinary } from "./shapes.js";

const tally = v.optional(u64, 0n);
const outcomes = v.record(text, u64);
const slots = v.optional(v.array(u64), []);
const taskIds = v.optional(v.array(orNull(text)), []);

const rerouteStats = v.object({
  swapsDetected: tally,
  swapsFiltered: tally,
  swapsRerouted: tally,
  swapsSimulated: tally,
  swapsSucceeded: tally,
  requoteFailures: tally,
  overrideSetupFailures: tally,
  metisUnavailableBlocks: tally,
  quoteAttemptsUnavailable: tally,
  directFillMatched: tally,
  directFillOutcomes: v.optional(outcomes, {}),
  directFillScored: tally,
  directFillBpsTotal: v.optional(i64, 0n),
  directFillTemplates: v.optional(v.record(text, v.object({ matched: u64, outcomes, scored: u64, bpsTotal: i64 })), {}),
  originalsScored: tally,
  originalsBpsTotal: v.optional(i64, 0n),
  originalsReplayed: tally,
  datasetUri: opt(text),
});

/** What became of the range's transactions, compared with what the chain recorded. */
export const sessionSummary = v.object({
  correctSimulation: count,
  incorrectSimulation: count,
  executionErrors: count,
  balanceDiff: count,
  logDiff: count,
  unsanitizable: v.optional(count, 0),
  rerouteStats: opt(rerouteStats),
});
/**
 * What became of the range's transactions, compared with what the chain recorded. Counts of transactions; the reroute
 * figures are 64-bit and so `bigint`.
 */
export type SessionSummary = v.InferOutput<typeof sessionSummary>;

/** The steps of a session's work that the server tells. */
export const STATUSES = [
  "startingRuntime",
  "decodedTransactions",
  "appliedAccountModifications",
  "readyToExecuteUserTransactions",
  "executedUserTransactions",
  "executingBlockTransactions",
  "executedBlockTransactions",
  "programAccountsLoaded",
] as const;
/** A step of a session's work that the server tells. */
export type BacktestStatus = (typeof STATUSES)[number];

const created = v.object({ session_id: sessionId, rpc_endpoint: text, task_id: opt(text), session_name: opt(text) });

/** What both a response and a sub-session's event can be, by method; `null` where it has no parameters. */
const EVENTS = {
  readyForContinue: null,
  slotNotification: u64,
  paused: v.object({ slot: u64, batchIndex: opt(u32) }),
  discoveryBatch: v.object({
    slot: u64,
    batchIndex: u32,
    matched: v.array(discoveryFilter),
    transactions: v.array(encodedBinary),
    transactionIndices: v.optional(v.array(u32), []),
  }),
  error: backtestErrorSchema,
  success: null,
  completed: v.object({ summary: opt(sessionSummary) }),
  status: v.object({ status: oneOf(STATUSES) }),
};

const PARAMS = {
  ...EVENTS,
  sessionCreated: created,
  sessionAttached: created,
  sessionsCreatedV2: v.object({
    control_session_id: controlSessionId,
    control_session_name: opt(text),
    session_ids: v.array(sessionId),
    task_ids: taskIds,
    start_slots: slots,
    end_slots: slots,
  }),
  parallelSessionAttachedV2: v.object({
    control_session_id: controlSessionId,
    session_ids: v.array(sessionId),
    task_ids: taskIds,
  }),
};

type Message<T, M extends keyof T> = T[M] extends v.GenericSchema ? { method: M; params: v.InferOutput<T[M]> } : { method: M };

/** What a sub-session's event can be. */
export type SessionEvent = { [M in keyof typeof EVENTS]: Message<typeof EVENTS, M> }[keyof typeof EVENTS];

/**
 * A response in the wire's own spelling, 64-bit integers `bigint`, the published types' defaults filled in. What isn't
 * a response that this version knows is `unrecognized`, with the frame's text and the reason.
 */
export type BacktestResponse =
  | { [M in keyof typeof PARAMS]: Message<typeof PARAMS, M> }[keyof typeof PARAMS]
  | { method: "sessionEventV2"; params: { session_id: string; seq_id: bigint; event: SessionEvent } }
  | Unrecognized;

export interface Unrecognized {
  method: "unrecognized";
  /** The frame's text. */
  raw: string;
  reason: string;
}

export interface DecodedResponse {
  /** The response's sequence id, if it has one; also when the response itself is unrecognized. */
  sequence?: bigint;
  /** The sub-session of a `sessionEventV2`; also when its event is unrecognized. */
  sessionId?: string;
  response: BacktestResponse;
}

/**
 * Reads a control frame. Never throws.
 *
 * @example decodeResponse('{"seqId":4,"method":"slotNotification","params":100}')
 * // { sequence: 4n, response: { method: "slotNotification", params: 100n } }
 */
export function decodeResponse(frame: string): DecodedResponse {
  try {
    return readResponse(parseJson(frame, { integersOnly: true }), frame);
  } catch (error) {
    return { response: unrecognized(frame, (error as Error).message) };
  }
}

function readResponse(message: unknown, frame: string): DecodedResponse {
  const { method, params, seqId } = members(message);
  const isEvent = method === "sessionEventV2";
  const { session_id, seq_id, event } = members(isEvent ? params : undefined);
  // A seqId that isn't one is an unknown extra, as it is to the published types.
  const sequence = readU64(isEvent ? seq_id : seqId);
  const sessionId = isEvent ? parseSessionId(session_id) : undefined;
  const position = { ...(sequence !== undefined && { sequence }), ...(sessionId !== undefined && { sessionId }) };
  const read = isEvent ? readMessage(EVENTS, event) : readMessage(PARAMS, message);
  if ("problem" in read) return { ...position, response: unrecognized(frame, read.problem) };
  if (!isEvent) return { ...position, response: read as BacktestResponse };
  return {
    ...position,
    response:
      sequence === undefined || sessionId === undefined
        ? unrecognized(frame, "sessionEventV2: session_id or seq_id is malformed")
        : { method, params: { session_id: sessionId, seq_id: sequence, event: read as SessionEvent } },
  };
}

function unrecognized(raw: string, reason: string): Unrecognized {
  return { method: "unrecognized", raw, reason };
}

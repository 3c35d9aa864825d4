import * as v from "valibot";
import { parseJson } from "../codec/json.js";
import { backtestErrorSchema } from "./backtest-error.js";
import { sessionId } from "./ids.js";
import { type MessageTable, members, readMessage } from "./message.js";
import { count, i64, readU64, u32, u64 } from "./scalars.js";
import { oneOf, opt, record, text } from "./schema.js";
import { discoveryFilter, encodedBinary } from "./shapes.js";

const tally = v.optional(u64, 0n);
const outcomes = record(text, u64);

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
  directFillTemplates: v.optional(record(text, v.object({ matched: u64, outcomes, scored: u64, bpsTotal: i64 })), {}),
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
export const EVENTS = {
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

/** What the server of a single session says: its events, and what answers the handshakes. */
export const SESSION_TABLE = { ...EVENTS, sessionCreated: created, sessionAttached: created };

export type Message<T, M extends keyof T> = T[M] extends v.GenericSchema
  ? { method: M; params: v.InferOutput<T[M]> }
  : { method: M };

/** What a sub-session's event can be. */
export type SessionEvent = { [M in keyof typeof EVENTS]: Message<typeof EVENTS, M> }[keyof typeof EVENTS];

/** What the server of a single session can say. */
export type SessionResponse =
  | { [M in keyof typeof SESSION_TABLE]: Message<typeof SESSION_TABLE, M> }[keyof typeof SESSION_TABLE]
  | Unrecognized;

export interface Unrecognized {
  method: "unrecognized";
  /** The frame's text. */
  raw: string;
  reason: string;
}

/** A response, and its sequence id if it has one; also when the response itself is unrecognized. */
export interface Sequenced<R> {
  sequence?: bigint;
  response: R;
}

/** Reads a single session's control frame: what is said of parallel runs is unrecognized there. Never throws. */
export function decodeSessionResponse(frame: string): Sequenced<SessionResponse> {
  return decodeFrame(frame, (message) => readResponse<SessionResponse>(SESSION_TABLE, message, frame));
}

/** Reads a frame's JSON; what is none is unrecognized. */
export function decodeFrame<R>(frame: string, read: (message: unknown) => R): R | { response: Unrecognized } {
  try {
    return read(parseJson(frame, { integersOnly: true }));
  } catch (error) {
    return { response: unrecognized(frame, (error as Error).message) };
  }
}

/** Reads a response with a table of those that can come, and its sequence id. */
export function readResponse<R>(table: MessageTable, message: unknown, frame: string): Sequenced<R | Unrecognized> {
  // A seqId that isn't one is an unknown extra, as it is to the published types.
  const sequence = readU64(members(message).seqId);
  const read = readMessage(table, message);
  return {
    ...(sequence !== undefined && { sequence }),
    response: "problem" in read ? unrecognized(frame, read.problem) : (read as R),
  };
}

export function unrecognized(raw: string, reason: string): Unrecognized {
  return { method: "unrecognized", raw, reason };
}

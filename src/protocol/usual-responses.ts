import * as v from "valibot";
import { parseJson } from "../codec/json.js";
import { backtestErrorSchema } from "./backtest-error.js";
import { sessionId } from "./ids.js";
import { type MessageTable, members, readMessage } from "./message.js";
import { count, readU64, u32, u64 } from "./scalars.js";
import { oneOf, opt, text } from "./schema.js";

/** A summary's counts of transactions. */
export const summaryCounts = {
  correctSimulation: count,
  incorrectSimulation: count,
  executionErrors: count,
  balanceDiff: count,
  logDiff: count,
  unsanitizable: v.optional(count, 0),
};

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

/** The events of a session that asked for nothing rare, by method; `null` where they have no parameters. */
export const USUAL_EVENTS = {
  readyForContinue: null,
  slotNotification: u64,
  paused: v.object({ slot: u64, batchIndex: opt(u32) }),
  error: backtestErrorSchema,
  success: null,
  completed: v.object({ summary: opt(v.object(summaryCounts)) }),
  status: v.object({ status: oneOf(STATUSES) }),
};

/** What answers the handshakes. */
export const HANDSHAKE_ANSWERS = { sessionCreated: created, sessionAttached: created };

/** What the server of such a session says. */
export const USUAL_RESPONSES: MessageTable = { ...USUAL_EVENTS, ...HANDSHAKE_ANSWERS };

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

import * as v from "valibot";
import { parseJson } from "../codec/json.js";
import { backtestErrorSchema } from "./backtest-error.js";
import { controlSessionId, parseSessionId, sessionId } from "./ids.js";
import { type MessageTable, members, readMessage, WIRE_LIMITS } from "./message.js";
import { readU64, u32, u64 } from "./scalars.js";
import { oneOf, opt, orNull, text } from "./schema.js";
import { sessionSummary } from "./session-summary.js";
import { discoveryFilter, encodedBinary } from "./shapes.js";

/** The statuses that the server reports. */
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
/** A status that the server reports. */
export type BacktestStatus = (typeof STATUSES)[number];

/** The schema of the parameters of each session event. `null` means that the event has no parameters. */
const EVENTS = {
  readyForContinue: null,
  slotNotification: u64,
  paused: v.object({ slot: u64, batchIndex: opt(u32) }),
  error: backtestErrorSchema,
  success: null,
  status: v.object({ status: oneOf(STATUSES) }),
  discoveryBatch: v.object({
    slot: u64,
    batchIndex: u32,
    matched: v.array(discoveryFilter),
    transactions: v.array(encodedBinary),
    transactionIndices: v.optional(v.array(u32), []),
  }),
  completed: v.object({ summary: opt(sessionSummary) }),
};

/**
 * Accepts both spellings of the members in a handshake's response: the Rust crate uses snake_case, and the service's guide uses
 * camelCase.
 */
function inEitherCase<T extends v.GenericSchema>(schema: T): T {
  const isObject = v.custom<object>((value) => typeof value === "object" && value !== null, "expected an object");
  return v.pipe(isObject, v.transform(withSnakeCase), schema as v.GenericSchema<object>) as unknown as T;
}

function withSnakeCase(params: object): object {
  const renamed = Object.entries(params).map(([key, member]) => [
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    member,
  ]);
  return { ...Object.fromEntries(renamed), ...params };
}

const created = inEitherCase(
  v.object({ session_id: sessionId, rpc_endpoint: text, task_id: opt(text), session_name: opt(text) }),
);

/** The responses on the control connection of a single session. */
const SESSION_RESPONSES = { ...EVENTS, sessionCreated: created, sessionAttached: created };

const slots = v.optional(v.array(u64), []);
const taskIds = v.optional(v.array(orNull(text)), []);

/** All responses except `sessionEventV2`, which contains one of EVENTS. */
const RESPONSES = {
  ...SESSION_RESPONSES,
  sessionsCreatedV2: inEitherCase(
    v.object({
      control_session_id: controlSessionId,
      control_session_name: opt(text),
      session_ids: v.array(sessionId),
      task_ids: taskIds,
      start_slots: slots,
      end_slots: slots,
    }),
  ),
  parallelSessionAttachedV2: inEitherCase(
    v.object({
      control_session_id: controlSessionId,
      session_ids: v.array(sessionId),
      task_ids: taskIds,
    }),
  ),
};

type Message<T, M extends keyof T> = T[M] extends v.GenericSchema ? { method: M; params: v.InferOutput<T[M]> } : { method: M };

/** An event of a sub-session. */
export type SessionEvent = { [M in keyof typeof EVENTS]: Message<typeof EVENTS, M> }[keyof typeof EVENTS];

export interface Unrecognized {
  method: "unrecognized";
  /** The text of the frame. */
  raw: string;
  reason: string;
}

/** A response on the control connection of a single session. */
export type SessionResponse =
  | { [M in keyof typeof SESSION_RESPONSES]: Message<typeof SESSION_RESPONSES, M> }[keyof typeof SESSION_RESPONSES]
  | Unrecognized;

/**
 * The wire format of a response, with 64-bit integers as `bigint` and with default values. Any other frame becomes `unrecognized`,
 * with its text and the reason.
 */
export type BacktestResponse =
  | { [M in keyof typeof RESPONSES]: Message<typeof RESPONSES, M> }[keyof typeof RESPONSES]
  | {
      method: "sessionEventV2";
      /** The id of the sub-session, the sequence id and the event. */
      params: { session_id: string; seq_id: bigint; event: SessionEvent };
    }
  | Unrecognized;

/** A decoded response of the server. */
export interface DecodedResponse {
  /** The sequence id, if the response has one. An unrecognized response can have one too. */
  sequence?: bigint;
  /** The id of the sub-session in a `sessionEventV2`. Present even if the event is unrecognized. */
  sessionId?: string;
  /** The response. Its `method` is `unrecognized` if this version cannot read the response. */
  response: BacktestResponse;
}

/** A response and its sequence id. `sequence` is absent if the response has no sequence id. */
export interface Sequenced<R> {
  sequence?: bigint;
  response: R;
}

/**
 * Reads a control frame. Never throws.
 *
 * @example decodeResponse('{"seqId":4,"method":"slotNotification","params":100}')
 * // { sequence: 4n, response: { method: "slotNotification", params: 100n } }
 */
export function decodeResponse(frame: string): DecodedResponse {
  return decodeFrame(frame, (message): DecodedResponse => {
    const { method, params } = members(message);
    return method === "sessionEventV2" ? readSessionEvent(members(params), frame) : readResponse(RESPONSES, message, frame);
  });
}

/** Reads a frame of a single session's control connection. Never throws. */
export function decodeSessionResponse(frame: string): Sequenced<SessionResponse> {
  return decodeFrame(frame, (message) => readResponse<SessionResponse>(SESSION_RESPONSES, message, frame));
}

function readSessionEvent({ session_id, seq_id, event }: Record<string, unknown>, frame: string): DecodedResponse {
  const sequence = readU64(seq_id);
  const sessionId = parseSessionId(session_id);
  const read = readMessage(EVENTS, event);
  const position = { ...(sequence !== undefined && { sequence }), ...(sessionId !== undefined && { sessionId }) };
  if ("problem" in read) return { ...position, response: unrecognized(frame, read.problem) };
  return {
    ...position,
    response:
      sequence === undefined || sessionId === undefined
        ? unrecognized(frame, "sessionEventV2: session_id or seq_id is malformed")
        : { method: "sessionEventV2", params: { session_id: sessionId, seq_id: sequence, event: read as SessionEvent } },
  };
}

function decodeFrame<R>(frame: string, read: (message: unknown) => R): R | { response: Unrecognized } {
  try {
    return read(parseJson(frame, { integersOnly: true, ...WIRE_LIMITS }));
  } catch (error) {
    return { response: unrecognized(frame, (error as Error).message) };
  }
}

/** Reads a response with the schemas in a table, and reads its sequence id. */
function readResponse<R>(table: MessageTable, message: unknown, frame: string): Sequenced<R | Unrecognized> {
  // A malformed seqId is ignored, as in the Rust types.
  const sequence = readU64(members(message).seqId);
  const read = readMessage(table, message);
  return {
    ...(sequence !== undefined && { sequence }),
    response: "problem" in read ? unrecognized(frame, read.problem) : (read as R),
  };
}

function unrecognized(raw: string, reason: string): Unrecognized {
  return { method: "unrecognized", raw, reason };
}

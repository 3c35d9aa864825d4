import * as v from "valibot";
import { parseJson } from "../codec/json.js";
import { backtestErrorSchema } from "./backtest-error.js";
import { controlSessionId, parseSessionId, sessionId } from "./ids.js";
import { count, i64, opt, u32, u64 } from "./scalars.js";
import { discoveryFilter, encodedBinary } from "./shapes.js";

const text = v.string();
const tally = v.optional(u64, 0n);
const outcomes = v.record(text, u64);
const slots = v.optional(v.array(u64), []);
const taskIds = v.optional(v.array(v.nullable(text)), []);

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
  status: v.object({ status: v.picklist(STATUSES) }),
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
  sessionEventV2: v.object({ session_id: sessionId, seq_id: u64, event: v.unknown() }),
};

type Message<T, M extends keyof T> = T[M] extends v.GenericSchema ? { method: M; params: v.InferOutput<T[M]> } : { method: M };

/** What a sub-session's event can be. */
export type SessionEvent = { [M in keyof typeof EVENTS]: Message<typeof EVENTS, M> }[keyof typeof EVENTS];

type Plain = Omit<typeof PARAMS, "sessionEventV2">;
/**
 * A response in the wire's own spelling, 64-bit integers `bigint`, the published types' defaults filled in. What isn't
 * a response that this version knows is `unrecognized`, with the frame's text and the reason.
 */
export type BacktestResponse =
  | { [M in keyof Plain]: Message<Plain, M> }[keyof Plain]
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
export function decodeResponse(text: string): DecodedResponse {
  let message: unknown;
  try {
    message = parseJson(text, { integersOnly: true });
  } catch {
    return { response: unrecognized(text, "not JSON") };
  }
  try {
    return readResponse(message, text);
  } catch (error) {
    // A document nested deeper than the stack: still no reason to throw out of a socket's callback.
    return { response: unrecognized(text, String(error)) };
  }
}

function readResponse(message: unknown, text: string): DecodedResponse {
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    return { response: unrecognized(text, "not a JSON object") };
  }
  const { seqId } = message as { seqId?: unknown };
  const sequence = v.safeParse(u64, seqId);
  // A seqId that isn't one is an unknown extra, as it is to the published types.
  const position = sequence.success ? { sequence: sequence.output } : {};
  const read = readMessage(PARAMS, message);
  if (typeof read === "string") {
    return { ...position, ...subSessionPosition(message), response: unrecognized(text, read) };
  }
  if (read.method !== "sessionEventV2") return { ...position, response: read as BacktestResponse };
  const { session_id, seq_id, event } = read.params as { session_id: string; seq_id: bigint; event: unknown };
  const inner = readMessage(EVENTS, event);
  return {
    sequence: seq_id,
    sessionId: session_id,
    response:
      typeof inner === "string"
        ? unrecognized(text, `event: ${inner}`)
        : ({ method: "sessionEventV2", params: { session_id, seq_id, event: inner } } as BacktestResponse),
  };
}

/** Where a malformed `sessionEventV2` belongs, as far as it can be read. */
function subSessionPosition(message: object): Pick<DecodedResponse, "sequence" | "sessionId"> {
  const { method, params } = message as { method?: unknown; params?: Record<string, unknown> | null };
  if (method !== "sessionEventV2" || typeof params !== "object" || params === null) return {};
  const id = parseSessionId(params.session_id);
  const sequence = v.safeParse(u64, params.seq_id);
  return { ...(id !== undefined && { sessionId: id }), ...(sequence.success && { sequence: sequence.output }) };
}

/** The message that a table's schemas read, or the reason why they don't. */
function readMessage(
  table: Record<string, v.GenericSchema | null>,
  message: unknown,
): { method: string; params?: unknown } | string {
  const { method, params } = (typeof message === "object" && message !== null ? message : {}) as {
    method?: unknown;
    params?: unknown;
  };
  if (typeof method !== "string") return "no method";
  if (!Object.hasOwn(table, method)) return `unknown method ${method.slice(0, 80)}`;
  const schema = table[method];
  if (!schema) return params === undefined || params === null ? { method } : `${method} has no params`;
  const parsed = v.safeParse(schema, params);
  if (parsed.success) return { method, params: parsed.output };
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  return `${method}${path === null ? "" : `: ${path}`}: ${issue.message}`;
}

function unrecognized(raw: string, reason: string): Unrecognized {
  return { method: "unrecognized", raw, reason };
}

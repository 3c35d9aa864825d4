import * as v from "valibot";
import { parseJson, stringifyJson } from "../codec/json.js";
import { accountModifications } from "./account-modifications.js";
import { createParams, createParamsOfAnyClient, dropUnreadableExtras } from "./create-params.js";
import { invalidParams } from "./error-helpers.js";
import { controlSessionId, sessionId } from "./ids.js";
import { type MessageTable, members, readMessage } from "./message.js";
import { u32, u64 } from "./scalars.js";
import { orNull, record, text } from "./schema.js";
import { SimulatorError } from "./simulator-error.js";

const continueParams = v.object({
  advanceCount: v.optional(u64, 1n),
  transactions: v.optional(v.array(text), []),
  modifyAccountStates: v.optional(accountModifications, {}),
});

export const continueToParams = v.object({ slot: u64, batchIndex: orNull(u32) });

/** The parameters of each request by its method, or `null` if the request has none. Members are in the order of the Rust crate. */
const PARAMS = {
  createBacktestSession: createParams,
  continue: continueParams,
  continueTo: continueToParams,
  continueSessionV1: v.object({ sessionId, request: continueParams }),
  continueToSessionV1: v.object({ sessionId, request: continueToParams }),
  closeBacktestSession: null,
  closeSessionV1: v.object({ sessionId }),
  attachBacktestSession: v.object({ session_id: sessionId, last_sequence: orNull(u64) }),
  resumeAttachedSession: null,
  attachParallelControlSessionV2: v.object({
    control_session_id: controlSessionId,
    last_sequences: v.optional(record(sessionId, u64), {}),
  }),
};

const READ_PARAMS = { ...PARAMS, createBacktestSession: createParamsOfAnyClient };

type Params = typeof PARAMS;
type RequestMethod = keyof Params;
type Given<M extends RequestMethod> = Params[M] extends v.GenericSchema
  ? { method: M; params: v.InferInput<Params[M]> }
  : { method: M; params?: null };
type Read<M extends RequestMethod> = Params[M] extends v.GenericSchema
  ? { method: M; params: v.InferOutput<Params[M]> }
  : { method: M };

/** The wire format of a request. 64-bit integers are `bigint | number`. */
export type BacktestRequest = { [M in RequestMethod]: Given<M> }[RequestMethod];
/** A decoded request, with default values and with 64-bit integers as `bigint`. */
export type DecodedRequest = { [M in RequestMethod]: Read<M> }[RequestMethod];

/**
 * Encodes a request as the text of its frame. Members with default values are included, as in the Rust types. Validates
 * only the shape: for example, a start after the end is accepted.
 *
 * @throws SimulatorError `invalidParams`, naming the field
 * @example encodeRequest({ method: "continueTo", params: { slot: 105n } })
 * // {"method":"continueTo","params":{"slot":105,"batchIndex":null}}
 */
export function encodeRequest(request: BacktestRequest): string {
  return stringifyJson(readRequest(PARAMS, request));
}

/**
 * Decodes the text of a request frame, as a server does.
 *
 * @throws SimulatorError `invalidParams` for a text that the Rust types refuse
 */
export function decodeRequest(frame: string): DecodedRequest {
  let value: unknown;
  try {
    value = parseJson(frame, { integersOnly: true });
  } catch (cause) {
    throw new SimulatorError("invalidParams", "request: not JSON", { field: "request", cause });
  }
  return readRequest(READ_PARAMS, withReadableCreate(value));
}

function readRequest(table: MessageTable, request: unknown): DecodedRequest {
  const read = readMessage(table, request);
  if ("problem" in read) throw invalidParams(read.path, read.problem);
  return read as DecodedRequest;
}

function withReadableCreate(request: unknown): unknown {
  const { method, params } = members(request);
  if (method !== "createBacktestSession") return request;
  const readable = dropUnreadableExtras(params);
  return readable === params ? request : { method, params: readable };
}

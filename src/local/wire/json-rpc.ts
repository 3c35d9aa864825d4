import { stringifyJson } from "../../codec/json.js";
import { members } from "../../protocol/message.js";
import { BacktestFailure, reasonOf } from "./backtest-failure.js";

/** The error codes of JSON-RPC 2.0 (section 5.1), and Solana's codes for calls that a node cannot answer. */
export const RPC_CODES = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  preflightFailure: -32002,
  blockNotAvailable: -32004,
  slotSkipped: -32009,
  noTransactionHistory: -32011,
  transactionVersion: -32015,
  minContextSlot: -32016,
} as const;

/** The error with which a call is answered. */
export class RpcFailure extends Error {
  /** The name of the class. */
  override readonly name = "RpcFailure";
  /** The code of JSON-RPC, such as -32602. */
  readonly code: number;
  /** Additional data. `undefined` if there is none. */
  readonly data: unknown;

  /** @param data additional data for the error response; omitted if `undefined` */
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export function invalidRpcParams(problem: string): RpcFailure {
  return new RpcFailure(RPC_CODES.invalidParams, `Invalid params: ${problem}`);
}

/** The id in a response. Null if the request had no readable id. */
export type RpcId = string | number | bigint | null;

export interface RpcCall {
  /** The id of the call. `undefined` for a JSON-RPC notification, which is not answered (JSON-RPC 2.0, 4.1). */
  id: RpcId | undefined;
  method: string;
  params: readonly unknown[];
}

/** Reads one call. @throws RpcFailure if the value is not a call */
export function readCall(value: unknown): RpcCall {
  const call = members(value);
  const { method, params = [], id } = call;
  if (typeof method !== "string") throw new RpcFailure(RPC_CODES.invalidRequest, "Invalid request");
  if ((id ?? null) !== null && idOf(value) === null) {
    throw new RpcFailure(RPC_CODES.invalidRequest, "Invalid request: expected the id to be a string or a finite number");
  }
  if (!Object.hasOwn(call, "id") && typeof params === "object") return { id: undefined, method, params: [] };
  if (!Array.isArray(params)) throw invalidRpcParams("expected a list");
  return { id: idOf(value), method, params };
}

/**
 * Returns the id of a call, or `null` if a response cannot repeat the id. For example, JavaScript reads 1e999 as `Infinity`, and
 * JSON cannot represent `Infinity`.
 */
export function idOf(value: unknown): RpcId {
  const { id } = members(value);
  return typeof id === "string" || typeof id === "bigint" || Number.isFinite(id) ? (id as RpcId) : null;
}

/** Writes a response with a result. @throws TypeError if the result cannot be written as JSON */
export function rpcResult(id: RpcId, result: unknown): string {
  return stringifyJson({ jsonrpc: "2.0", id, result });
}

/** Writes an error response. Omits error data that cannot be written as JSON. */
export function rpcError(id: RpcId, error: unknown): string {
  const described = describe(error);
  try {
    return stringifyJson({ jsonrpc: "2.0", id, error: described });
  } catch {
    return stringifyJson({ jsonrpc: "2.0", id, error: { code: described.code, message: described.message } });
  }
}

function describe(error: unknown): { code: number; message: string; data?: unknown } {
  if (error instanceof RpcFailure) return { code: error.code, message: error.message, data: error.data };
  // RPC methods throw a `BacktestFailure` only for invalid parameters.
  if (error instanceof BacktestFailure) return { code: RPC_CODES.invalidParams, message: stringifyJson(error.wire) };
  return { code: RPC_CODES.internalError, message: reasonOf(error) };
}

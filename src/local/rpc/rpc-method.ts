import { decodeBase58 } from "../../codec/base58.js";
import type { MaybePromise } from "../engine/engine.js";
import type { Session } from "../session/local-session.js";
import { invalidRpcParams, RPC_CODES, RpcFailure } from "../wire/json-rpc.js";

/** Answers a call from the current state of a session. @throws RpcFailure, BacktestFailure */
export type RpcMethod = (session: Session, params: readonly unknown[]) => MaybePromise<unknown>;

/** Methods by name. */
export type RpcMethods = Readonly<Record<string, RpcMethod>>;

/** Adds the slot at which a value was read, as in most responses of Solana's RPC. */
export function inContext(session: Session, value: unknown): { context: { slot: bigint }; value: unknown } {
  return { context: { slot: session.slot }, value };
}

export function readAddress(value: unknown): string {
  return readBase58(value, 32, 44, "a base58 address of 32 bytes");
}

export function readBlockhash(value: unknown): string {
  return readBase58(value, 32, 44, "a base58 blockhash of 32 bytes");
}

export function readSignature(value: unknown): string {
  return readBase58(value, 64, 88, "a base58 signature of 64 bytes");
}

/**
 * Reads a base58 text that must have a fixed size in bytes. The names of the problems in the error message are those of Agave.
 *
 * @throws RpcFailure
 */
function readBase58(value: unknown, bytes: number, maxCharacters: number, what: string): string {
  if (typeof value !== "string") throw invalidRpcParams(`expected ${what}`);
  const decoded = value.length > maxCharacters ? [] : decodeBase58(value);
  if (decoded?.length === bytes) return value;
  const problem = decoded === undefined ? "Invalid" : "WrongSize";
  throw new RpcFailure(RPC_CODES.invalidParams, `Invalid param: ${problem} (expected ${what})`);
}

export function readAddresses(value: unknown, most: number): readonly string[] {
  if (!Array.isArray(value) || value.length > most) throw invalidRpcParams(`expected a list of at most ${most} addresses`);
  return value.map(readAddress);
}

export function readText(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw invalidRpcParams(`expected ${what}`);
}

/** Reads a non-negative integer. */
export function readCount(value: unknown, what: string): bigint {
  // The JSON parser returns integers outside ±(2^53 − 1) as `bigint`, and all other numbers as `number`.
  const isInteger = typeof value === "bigint" || Number.isSafeInteger(value);
  if (isInteger && Number(value) >= 0) return BigInt(value as bigint | number);
  throw invalidRpcParams(`expected ${what}`);
}

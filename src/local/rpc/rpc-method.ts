import { isAddress } from "../../protocol/scalars.js";
import type { MaybePromise } from "../engine/engine.js";
import type { Session } from "../session/local-session.js";
import { invalidRpcParams } from "../wire/json-rpc.js";

/** Answers a call from the current state of a session. @throws RpcFailure, BacktestFailure */
export type RpcMethod = (session: Session, params: readonly unknown[]) => MaybePromise<unknown>;

/** Methods by name. */
export type RpcMethods = Readonly<Record<string, RpcMethod>>;

/** Adds the slot at which a value was read, as Solana's RPC does in most responses. */
export function inContext(session: Session, value: unknown): { context: { slot: bigint }; value: unknown } {
  return { context: { slot: session.slot }, value };
}

export function readAddress(value: unknown): string {
  if (isAddress(value)) return value;
  throw invalidRpcParams("expected a base58 address of 32 bytes");
}

export function readAddresses(value: unknown, most: number): readonly string[] {
  if (!Array.isArray(value) || value.length > most) throw invalidRpcParams(`expected a list of at most ${most} addresses`);
  return value.map(readAddress);
}

/** Reads the config of a call. Returns an empty object if the call has none. */
export function readConfig(value: unknown): Record<string, unknown> {
  return (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
}

export function readText(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw invalidRpcParams(`expected ${what}`);
}

/** Reads a non-negative integer. */
export function readCount(value: unknown, what: string): bigint {
  // Large integers are `bigint`, negative ones too.
  const isInteger = typeof value === "bigint" || Number.isSafeInteger(value);
  if (isInteger && Number(value) >= 0) return BigInt(value as bigint | number);
  throw invalidRpcParams(`expected ${what}`);
}

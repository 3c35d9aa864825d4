import { isAddress } from "../../protocol/scalars.js";
import type { MaybePromise } from "../engine/engine.js";
import type { Session } from "../session/local-session.js";
import { invalidRpcParams } from "../wire/json-rpc.js";

/** Answers a call with the current state of a session. @throws RpcFailure, BacktestFailure */
export type RpcMethod = (session: Session, params: readonly unknown[]) => MaybePromise<unknown>;

/** Methods by name. */
export type RpcMethods = Readonly<Record<string, RpcMethod>>;

/** A value with the slot at which it was read, like most answers of Solana's RPC. */
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

/** A call's config; an empty one where there is none. */
export function readConfig(value: unknown): Record<string, unknown> {
  return (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
}

export function readText(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw invalidRpcParams(`expected ${what}`);
}

/** A whole number that isn't negative. */
export function readCount(value: unknown, what: string): bigint {
  if (typeof value === "bigint" || (Number.isSafeInteger(value) && Number(value) >= 0)) return BigInt(value as bigint | number);
  throw invalidRpcParams(`expected ${what}`);
}

import * as v from "valibot";
import { decodeBase64 } from "../codec/base64.js";
import { i64, readU64, u32, u64 } from "./scalars.js";
import { boolean, opt, pair, text } from "./schema.js";

/** An account's state, as Solana's RPC gives it with base64 encoding. Lamports, bytes (`space`) and `rentEpoch` are u64. */
export interface UiAccount {
  lamports: bigint;
  /** Base64, and the word for it; `decodeAccountData` gives the bytes. */
  data: [string, string];
  owner: string;
  executable: boolean;
  rentEpoch: bigint;
  space?: bigint;
}

/** One account's change by one transaction. */
export interface AccountDiff {
  context: { slot: bigint };
  account?: string;
  /** The transaction's first signature; absent for a change that no transaction made. */
  signature?: string;
  /** The transaction's place in its block. */
  txIndex?: number;
  /** Seconds since 1970. */
  blockTime?: bigint;
  /** Absent: the account was created. */
  pre?: UiAccount;
  /** Absent: the account was deleted. */
  post?: UiAccount;
}

interface WireAccount {
  lamports?: number | bigint;
  rentEpoch?: number | bigint;
  space?: number | bigint | null;
}

interface WireAccountDiff {
  context: { slot: unknown };
  account?: string | null;
  signature?: string | null;
  tx_index?: number | null;
  block_time?: number | bigint | null;
  pre?: WireAccount | null;
  post?: WireAccount | null;
}

/**
 * Reads an `accountDiffNotification`'s result. Its slot and the fields of its key are checked; the rest is taken as it is.
 *
 * @returns `undefined` if it isn't one
 */
export function readAccountDiff(result: unknown): AccountDiff | undefined {
  const wire = result as Partial<WireAccountDiff> | null;
  const slot = readU64(wire?.context?.slot);
  if (wire === null || slot === undefined) return undefined;
  const { account, signature, tx_index: txIndex, block_time: blockTime, pre, post } = wire;
  if (!isAbsentOr(account, "string") || !isAbsentOr(signature, "string") || !isAbsentOr(txIndex, "number")) return undefined;
  const diff: AccountDiff = { context: { slot } };
  if (account != null) diff.account = account;
  if (signature != null) diff.signature = signature;
  if (txIndex != null) diff.txIndex = txIndex;
  if (blockTime != null) diff.blockTime = toBigInt(blockTime);
  if (pre != null) diff.pre = readAccount(pre);
  if (post != null) diff.post = readAccount(post);
  return diff;
}

/**
 * An account's bytes, decoded when they are wanted and not before.
 *
 * @throws SyntaxError if they aren't base64
 * @example if (diff.post) console.log(decodeAccountData(diff.post).length);
 */
export function decodeAccountData({ data: [encoded] }: Pick<UiAccount, "data">): Uint8Array {
  return decodeBase64(encoded);
}

/** Gives an account's 64-bit members as `bigint`, in place: the object is fresh from the parser. */
function readAccount(wire: WireAccount): UiAccount {
  if (typeof wire.lamports === "number") wire.lamports = toBigInt(wire.lamports);
  if (typeof wire.rentEpoch === "number") wire.rentEpoch = toBigInt(wire.rentEpoch);
  if (typeof wire.space === "number") wire.space = toBigInt(wire.space);
  else if (wire.space === null) delete wire.space;
  return wire as UiAccount;
}

/** An integer of 64 bits; what is none (a server's mistake in a field that isn't checked) is left as it is. */
export function toBigInt(value: number | bigint): bigint {
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : (value as bigint);
}

function isAbsentOr(value: unknown, type: "string" | "number"): boolean {
  return value === undefined || value === null || typeof value === type;
}
/** An account's state as Solana's RPC gives it. */
export const uiAccount = v.object({
  lamports: u64,
  data: pair(text, text),
  owner: text,
  executable: boolean,
  rentEpoch: u64,
  space: opt(u64),
});

/** The whole of an account diff, as the wire has it; for `validate: "full"`. */
export const accountDiffSchema = v.object({
  context: v.object({ slot: u64 }),
  account: opt(text),
  signature: opt(text),
  tx_index: opt(u32),
  block_time: opt(i64),
  pre: opt(uiAccount),
  post: opt(uiAccount),
});

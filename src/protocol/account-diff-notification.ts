import * as v from "valibot";
import { decodeBase64 } from "../codec/base64.js";
import { i64, readU64, u32, u64 } from "./scalars.js";
import { boolean, opt, pair, text } from "./schema.js";

/**
 * The state of an account, as Solana's RPC returns it with base64 encoding. `lamports`, `space` (bytes) and `rentEpoch` are u64.
 */
export interface UiAccount {
  /** The balance in lamports. */
  lamports: bigint;
  /** The data in base64. `decodeAccountData` returns the bytes. */
  data: [string, string];
  /** The address of the program that owns the account. */
  owner: string;
  /** Whether the account is a program. */
  executable: boolean;
  /** The epoch at which rent is due. 18446744073709551615 if the account is exempt. */
  rentEpoch: bigint;
  /** Size of the data in bytes. Absent on older servers. */
  space?: bigint;
}

/** The change of one account by one transaction. Account states that you set yourself cause no account diff. */
export interface AccountDiff {
  /** The slot of the change. */
  context: { slot: bigint };
  /** The address of the account. */
  account?: string;
  /** The first signature of the transaction. Absent if the server names no transaction. */
  signature?: string;
  /** The index of the transaction in the block. */
  txIndex?: number;
  /** Seconds since 1970. */
  blockTime?: bigint;
  /** Absent if the account was created. */
  pre?: UiAccount;
  /** Absent if the account was deleted. */
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
 * Reads the result of an `accountDiffNotification`. Validates only the slot, the account, the signature and the index of the
 * transaction.
 *
 * @returns `undefined` if it is not an account diff
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
 * Decodes the data of an account.
 *
 * @throws SyntaxError if the data is not base64
 * @example if (diff.post) console.log(decodeAccountData(diff.post).length);
 */
export function decodeAccountData({ data: [encoded] }: Pick<UiAccount, "data">): Uint8Array {
  return decodeBase64(encoded);
}

/**
 * Converts the 64-bit members of an account to `bigint`. Changes the object in place: the parser has just created the object, so no
 * other code uses the object.
 */
function readAccount(wire: WireAccount): UiAccount {
  if (typeof wire.lamports === "number") wire.lamports = toBigInt(wire.lamports);
  if (typeof wire.rentEpoch === "number") wire.rentEpoch = toBigInt(wire.rentEpoch);
  if (typeof wire.space === "number") wire.space = toBigInt(wire.space);
  else if (wire.space === null) delete wire.space;
  return wire as UiAccount;
}

/** Converts a 64-bit integer to `bigint`, and returns any other value unchanged. */
export function toBigInt(value: number | bigint): bigint {
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : (value as bigint);
}

function isAbsentOr(value: unknown, type: "string" | "number"): boolean {
  return value === undefined || value === null || typeof value === type;
}
/** The state of an account, as Solana's RPC returns it. */
export const uiAccount = v.object({
  lamports: u64,
  data: pair(text, text),
  owner: text,
  executable: boolean,
  rentEpoch: u64,
  space: opt(u64),
});

/** The complete schema of an account diff, for `validate: "full"`. */
export const accountDiffSchema = v.object({
  context: v.object({ slot: u64 }),
  account: opt(text),
  signature: opt(text),
  tx_index: opt(u32),
  block_time: opt(i64),
  pre: opt(uiAccount),
  post: opt(uiAccount),
});

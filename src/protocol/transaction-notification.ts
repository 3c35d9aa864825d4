import * as v from "valibot";
import { encodeBase58 } from "../codec/base58.js";
import { toBigInt } from "./account-diff-notification.js";
import { i64, readU64, u32, u64 } from "./scalars.js";
import { either, oneOf, opt, pair, text } from "./schema.js";
import { firstSignature, signatureText } from "./transaction-envelope.js";

/** The balance of a token account before or after a transaction, as `getTransaction` returns it. */
export interface TokenBalance {
  accountIndex: number;
  mint: string;
  owner?: string;
  programId?: string;
  uiTokenAmount: { amount: string; decimals: number; uiAmount: number | null; uiAmountString?: string };
}

/** The outcome of a transaction, as `getTransaction` returns it. Lamports and compute units are `bigint`. */
export interface TransactionMeta {
  /** `null` if the transaction succeeded. */
  err: unknown;
  /** The fee in lamports. */
  fee: bigint;
  /** The balances before the transaction, in lamports, in the order of the accounts. */
  preBalances: bigint[];
  /** The balances after the transaction, in lamports, in the order of the accounts. */
  postBalances: bigint[];
  /** The instructions that programs invoked. */
  innerInstructions?: unknown[] | null;
  /** The log lines. */
  logMessages?: string[] | null;
  /** The token balances before the transaction. */
  preTokenBalances?: TokenBalance[] | null;
  /** The token balances after the transaction. */
  postTokenBalances?: TokenBalance[] | null;
  /** The rewards of the block. */
  rewards?: unknown[] | null;
  /** The addresses that the transaction loaded from lookup tables. */
  loadedAddresses?: { writable: string[]; readonly: string[] };
  /** The data that a program returned last. */
  returnData?: { programId: string; data: [string, "base64"] } | null;
  /** Number of consumed compute units. */
  computeUnitsConsumed?: bigint;
}

/** A confirmed transaction, as `getTransaction` returns it. */
export interface ConfirmedTransaction {
  /** The slot of the block. */
  slot: bigint;
  /** Seconds since 1970. */
  blockTime?: bigint | null;
  /** The wire bytes as text, and the encoding of that text. A single string is the old form, in base58. */
  transaction: [string, "base64" | "base58"] | string;
  /** The outcome of the transaction. */
  meta: TransactionMeta | null;
  /** The version of the transaction. Absent on older servers. */
  version?: number | "legacy";
  /** The index of the transaction in the block. */
  transactionIndex?: number;
}

interface WireMeta {
  fee?: number | bigint;
  preBalances?: (number | bigint)[];
  postBalances?: (number | bigint)[];
  computeUnitsConsumed?: number | bigint;
}

/**
 * Reads the result of a `transactionNotification`. Validates only the slot and the transaction.
 *
 * @returns `undefined` if it is not a transaction
 */
export function readTransaction(result: unknown): ConfirmedTransaction | undefined {
  const wire = result as (Record<string, unknown> & { meta?: WireMeta | null }) | null;
  const slot = readU64(wire?.slot);
  if (wire === null || slot === undefined) return undefined;
  const { transaction, blockTime, meta } = wire;
  const encoded = Array.isArray(transaction) ? transaction[0] : transaction;
  if (typeof encoded !== "string") return undefined;
  wire.slot = slot;
  if (typeof blockTime === "number") wire.blockTime = toBigInt(blockTime);
  if (typeof meta === "object" && meta !== null) readMeta(meta);
  return wire as unknown as ConfirmedTransaction;
}

function readMeta(meta: WireMeta): void {
  if (meta.fee !== undefined) meta.fee = toBigInt(meta.fee);
  if (typeof meta.computeUnitsConsumed === "number") meta.computeUnitsConsumed = toBigInt(meta.computeUnitsConsumed);
  if (Array.isArray(meta.preBalances)) meta.preBalances = meta.preBalances.map(toBigInt);
  if (Array.isArray(meta.postBalances)) meta.postBalances = meta.postBalances.map(toBigInt);
}

/** Returns the key of a transaction. For a base64 transaction, the key is the base64 text of the first signature. */
export function transactionKey({ transaction }: ConfirmedTransaction): string {
  if (Array.isArray(transaction) && transaction[1] === "base64") return signatureText(transaction[0]);
  return String(Array.isArray(transaction) ? transaction[0] : transaction);
}

/**
 * Returns the first signature of a transaction, in base58. This signature identifies the transaction. Reads legacy, version 0 and
 * version 1 transactions.
 *
 * @returns `undefined` if the bytes cannot be read, or the version is unknown
 */
export function transactionSignature({ transaction }: ConfirmedTransaction): string | undefined {
  if (!Array.isArray(transaction) || transaction[1] !== "base64") return undefined;
  const signature = firstSignature(transaction[0]);
  return signature && encodeBase58(signature);
}

/** The complete schema of a transaction notification, for `validate: "full"`. */
export const transactionSchema = v.object({
  slot: u64,
  blockTime: opt(i64),
  transaction: either(text, pair(text, oneOf(["base64", "base58"]))),
  meta: opt(
    v.object({
      fee: u64,
      preBalances: v.array(u64),
      postBalances: v.array(u64),
      logMessages: opt(v.array(text)),
      computeUnitsConsumed: opt(u64),
    }),
  ),
  version: opt(either(u32, oneOf(["legacy"]))),
  transactionIndex: opt(u32),
});

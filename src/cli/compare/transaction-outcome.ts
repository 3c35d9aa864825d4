import { stringifyJson } from "../../codec/json.js";
import { members } from "../../protocol/message.js";

/** The members of a transaction's result that are compared. */
export interface Outcome {
  signature: string;
  slot: bigint;
  /** Its position in the block; -1 if it is unknown. */
  index: number;
  /** Its error as JSON; empty if it succeeded. */
  err: string;
  /** Lamports after the transaction, by the position of the account. */
  lamports: readonly string[];
  /** Token balances after the transaction. */
  tokens: readonly TokenBalance[];
  /** A digest of its logs, which are the largest part of a record. Only whether they differ is reported. */
  logs: string;
  /** The wire transaction in base64, for the account addresses; empty if the record has another encoding. */
  wire: string;
  /** Addresses from lookup tables, by position. */
  loaded: readonly string[];
}

/** Position of the account, mint, amount. */
export type TokenBalance = readonly [account: number, mint: string, amount: string];

/**
 * Reads the outcome in a line of `ndjsonLine`.
 *
 * @param digest computes the digest of the logs
 * @returns `undefined` if the line has no outcome
 */
export function readOutcome(line: unknown, digest: (text: string) => string): Outcome | undefined {
  const { type, signature, slot, transaction: recorded } = members(line);
  if (type !== "transaction" || typeof signature !== "string") return undefined;
  const { transaction, meta, transactionIndex } = members(recorded);
  if (typeof meta !== "object" || meta === null) return undefined;
  const { err, postBalances, postTokenBalances, logMessages, loadedAddresses } = members(meta);
  const { writable, readonly } = members(loadedAddresses);
  const isBase64 = Array.isArray(transaction) && transaction[1] === "base64";
  return {
    signature,
    slot: BigInt(typeof slot === "number" || typeof slot === "bigint" ? slot : 0),
    index: typeof transactionIndex === "number" ? transactionIndex : -1,
    err: (err ?? null) === null ? "" : stringifyJson(err),
    lamports: list(postBalances).map(String),
    tokens: list(postTokenBalances).map(readToken).sort(byPosition),
    logs: Array.isArray(logMessages) ? digest(logMessages.join("\n")) : "",
    wire: isBase64 ? String(transaction[0]) : "",
    loaded: [...list(writable), ...list(readonly)].map(String),
  };
}

function readToken(balance: unknown): TokenBalance {
  const { accountIndex, mint, uiTokenAmount } = members(balance);
  return [Number(accountIndex), String(mint), String(members(uiTokenAmount).amount)];
}

function byPosition([a, mintA]: TokenBalance, [b, mintB]: TokenBalance): number {
  return a - b || (mintA < mintB ? -1 : 1);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** An outcome as a line of text, for the disk. */
export function packOutcome({ slot, ...outcome }: Outcome): string {
  return JSON.stringify({ ...outcome, slot: slot.toString() });
}

export function unpackOutcome(line: string): Outcome {
  const { slot, ...outcome } = JSON.parse(line) as Omit<Outcome, "slot"> & { slot: string };
  return { ...outcome, slot: BigInt(slot) };
}

import { stringifyJson } from "../../codec/json.js";
import { members } from "../../protocol/message.js";

/** What became of a transaction, as far as two runs are compared by it. */
export interface Outcome {
  signature: string;
  slot: bigint;
  /** Its place in its block; -1 where the record doesn't tell. */
  index: number;
  /** Its error as JSON; empty when it succeeded. */
  err: string;
  /** Lamports after it, by the position of the account. */
  lamports: readonly string[];
  /** Token balances after it. */
  tokens: readonly TokenBalance[];
  /** A digest of its logs: they are what is most of a record, and only whether they differ is told. */
  logs: string;
  /** The wire transaction in base64, for the names of the accounts; empty where the record has another encoding. */
  wire: string;
  /** Addresses from lookup tables, in the order of their positions. */
  loaded: readonly string[];
}

/** Position of the account, mint, amount. */
export type TokenBalance = readonly [account: number, mint: string, amount: string];

/**
 * The outcome in a record's line, as `ndjsonLine` writes it.
 *
 * @param digest of the logs
 * @returns undefined if the line is of something else, or tells no outcome
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

/** An outcome as a line of text, to be put aside on disk. */
export function packOutcome({ slot, ...outcome }: Outcome): string {
  return JSON.stringify({ ...outcome, slot: slot.toString() });
}

export function unpackOutcome(line: string): Outcome {
  const { slot, ...outcome } = JSON.parse(line) as Omit<Outcome, "slot"> & { slot: string };
  return { ...outcome, slot: BigInt(slot) };
}

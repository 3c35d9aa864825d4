import { encodeBase64 } from "../codec/base64.js";
import { stringifyJson } from "../codec/json.js";
import { U64_MAX } from "../protocol/scalars.js";
import type { AccountDiff, AccountState, ExecutedTransaction } from "./engine.js";

/** An account as Solana's RPC tells it, base64-encoded. */
export function uiAccount({ lamports, owner, executable, data }: AccountState): Record<string, unknown> {
  return {
    lamports,
    data: [encodeBase64(data), "base64"],
    owner,
    executable,
    rentEpoch: U64_MAX,
    space: data.length,
  };
}

/** A transaction as `getTransaction` and `transactionNotification` tell it. */
export function transactionResult({ slot, blockTime, wire, meta, version, index }: ExecutedTransaction): Record<string, unknown> {
  return { slot, blockTime, transaction: [wire, "base64"], meta, version, transactionIndex: index };
}

export function accountDiffResult(
  { slot, signatures, index, blockTime }: ExecutedTransaction,
  { address, pre, post }: AccountDiff,
): Record<string, unknown> {
  return {
    context: { slot },
    account: address,
    signature: signatures[0],
    tx_index: index,
    block_time: blockTime,
    pre: pre && uiAccount(pre),
    post: post && uiAccount(post),
  };
}

/** What a notification's `params.result` is, and how repetitions of it are told. */
export interface NotificationResult {
  slot: bigint;
  /** The same for the same thing, different for two of a slot. */
  key: string;
  /** The result as JSON text; made when asked for. */
  json(): string;
}

export function transactionNotification(transaction: ExecutedTransaction): NotificationResult {
  return {
    slot: transaction.slot,
    key: transaction.signatures[0] ?? "",
    json: () => stringifyJson(transactionResult(transaction)),
  };
}

export function accountDiffNotification(transaction: ExecutedTransaction, diff: AccountDiff): NotificationResult {
  return {
    slot: transaction.slot,
    key: `${diff.address}|${transaction.signatures[0] ?? ""}|${transaction.index}`,
    json: () => stringifyJson(accountDiffResult(transaction, diff)),
  };
}

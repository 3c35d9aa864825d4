import { encodeBase64 } from "../codec/base64.js";
import { stringifyJson } from "../codec/json.js";
import { U64_MAX } from "../protocol/scalars.js";
import type { AccountDiff, AccountState, ExecutedTransaction, TransactionMeta } from "./engine.js";

/*
 * What is sent by the ten thousand is written by hand: several times as fast as a general writer. `JSON.stringify` does
 * the members that hold no 64-bit integers.
 */

/** An account as Solana's RPC tells it, as JSON text. `data` is the JSON of its data; left out, it is base64. */
export function uiAccountJson(
  { lamports, owner, executable, data }: AccountState,
  dataJson = `["${encodeBase64(data)}","base64"]`,
): string {
  return `{"lamports":${lamports},"data":${dataJson},"owner":"${owner}","executable":${executable},"rentEpoch":${U64_MAX},"space":${data.length}}`;
}

/**
 * A transaction as `getTransaction` and `transactionNotification` tell it, as JSON text. `wireJson` is the JSON of the
 * transaction itself; left out, it is base64.
 */
export function transactionJson(
  { slot, blockTime, wire, meta, version, index }: ExecutedTransaction,
  wireJson = `["${wire}","base64"]`,
): string {
  return `{"slot":${slot},"blockTime":${blockTime},"transaction":${wireJson},"meta":${metaJson(meta)},"version":${JSON.stringify(version)},"transactionIndex":${index}}`;
}

function metaJson(meta: TransactionMeta): string {
  return [
    `{"err":${stringifyJson(meta.err)}`,
    `"status":${stringifyJson(meta.status)}`,
    `"fee":${meta.fee}`,
    `"preBalances":[${meta.preBalances.join(",")}]`,
    `"postBalances":[${meta.postBalances.join(",")}]`,
    `"innerInstructions":${JSON.stringify(meta.innerInstructions)}`,
    `"logMessages":${JSON.stringify(meta.logMessages)}`,
    `"preTokenBalances":${JSON.stringify(meta.preTokenBalances)}`,
    `"postTokenBalances":${JSON.stringify(meta.postTokenBalances)}`,
    `"rewards":${stringifyJson(meta.rewards)}`,
    `"loadedAddresses":${JSON.stringify(meta.loadedAddresses)}`,
    `"computeUnitsConsumed":${meta.computeUnitsConsumed}}`,
  ].join(",");
}

function accountDiffJson(
  { slot, signatures, index, blockTime }: ExecutedTransaction,
  { address, pre, post }: AccountDiff,
): string {
  const states = `${pre === undefined ? "" : `,"pre":${uiAccountJson(pre)}`}${post === undefined ? "" : `,"post":${uiAccountJson(post)}`}`;
  return `{"context":{"slot":${slot}},"account":"${address}","signature":${JSON.stringify(signatures[0] ?? null)},"tx_index":${index},"block_time":${blockTime}${states}}`;
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
    json: () => transactionJson(transaction),
  };
}

export function accountDiffNotification(transaction: ExecutedTransaction, diff: AccountDiff): NotificationResult {
  return {
    slot: transaction.slot,
    key: `${diff.address}|${transaction.signatures[0] ?? ""}|${transaction.index}`,
    json: () => accountDiffJson(transaction, diff),
  };
}

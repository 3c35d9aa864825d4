import { encodeBase64 } from "../../codec/base64.js";
import { stringifyJson } from "../../codec/json.js";
import { U64_MAX } from "../../protocol/scalars.js";
import type { AccountDiff, AccountState, ExecutedTransaction, TransactionMeta } from "../engine/engine.js";

/*
 * The functions of this file build JSON text from templates, because `stringifyJson` is several times slower. `JSON.stringify` is
 * used only for members that cannot contain 64-bit integers.
 */

/** Writes an account as JSON text, in the format of Solana's RPC. `dataJson` is the JSON of its data. */
export function uiAccountJson({ lamports, owner, executable, data }: AccountState, dataJson: string): string {
  return `{"lamports":${lamports},"data":${dataJson},"owner":"${owner}","executable":${executable},"rentEpoch":${U64_MAX},"space":${data.length}}`;
}

const MAX_TEXTS = 4_000;
const texts = new Map<AccountState, string>();

/**
 * Writes an account as JSON text, with its data in base64. The text is cached, because the state after one change is the state
 * before the next change.
 */
export function base64AccountJson(state: AccountState): string {
  const known = texts.get(state);
  if (known !== undefined) return known;
  if (texts.size >= MAX_TEXTS) texts.clear();
  const text = uiAccountJson(state, `["${encodeBase64(state.data)}","base64"]`);
  texts.set(state, text);
  return text;
}

/**
 * Writes a transaction as JSON text, as in `getTransaction` and `transactionNotification`. `wireJson` is the JSON of the wire
 * transaction, by default in base64.
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
    ...(meta.returnData === undefined ? [] : [`"returnData":${JSON.stringify(meta.returnData)}`]),
    `"computeUnitsConsumed":${meta.computeUnitsConsumed}}`,
  ].join(",");
}

function accountDiffJson(slot: bigint, blockTime: bigint | null, { address, pre, post }: AccountDiff, origin: string): string {
  const states = `${pre === undefined ? "" : `,"pre":${base64AccountJson(pre)}`}${post === undefined ? "" : `,"post":${base64AccountJson(post)}`}`;
  return `{"context":{"slot":${slot}},"account":"${address}"${origin},"block_time":${blockTime}${states}}`;
}

/** The `params.result` of a notification, and a key for detecting duplicates. */
export interface NotificationResult {
  /** The slot of the notification. */
  slot: bigint;
  /** Duplicates of a result have the same key. Different results of a slot have different keys. */
  key: string;
  /** Returns the result as JSON text, written on demand. */
  json(): string;
}

const MAX_TRANSACTION_TEXTS = 256;
const transactionTexts = new Map<ExecutedTransaction, string>();

/** Returns the JSON text of a transaction. It is cached, because several subscriptions may send it. */
function transactionText(transaction: ExecutedTransaction): string {
  const known = transactionTexts.get(transaction);
  if (known !== undefined) return known;
  if (transactionTexts.size >= MAX_TRANSACTION_TEXTS) transactionTexts.clear();
  const text = transactionJson(transaction);
  transactionTexts.set(transaction, text);
  return text;
}

export function transactionNotification(transaction: ExecutedTransaction): NotificationResult {
  return {
    slot: transaction.slot,
    key: transaction.signatures[0] ?? "",
    json: () => transactionText(transaction),
  };
}

export function accountDiffNotification(transaction: ExecutedTransaction, diff: AccountDiff): NotificationResult {
  const { slot, blockTime, signatures, index } = transaction;
  const [signature] = signatures;
  return {
    slot,
    key: `${diff.address}|${signature ?? ""}|${index}`,
    json: () => accountDiffJson(slot, blockTime, diff, `,"signature":${JSON.stringify(signature ?? null)},"tx_index":${index}`),
  };
}

/** Returns the result for an account change that has no transaction. */
export function stateDiffNotification(slot: bigint, blockTime: bigint | null, diff: AccountDiff): NotificationResult {
  return { slot, key: `${diff.address}||`, json: () => accountDiffJson(slot, blockTime, diff, "") };
}

export function logsNotification({ slot, signatures, meta }: ExecutedTransaction): NotificationResult {
  const signature = signatures[0] ?? "";
  return {
    slot,
    key: signature,
    json: () =>
      `{"context":{"slot":${slot}},"value":{"signature":"${signature}","err":${stringifyJson(meta.err)},"logs":${JSON.stringify(meta.logMessages)}}}`,
  };
}

export function signatureNotification({ slot, signatures, meta }: ExecutedTransaction): NotificationResult {
  return {
    slot,
    key: signatures[0] ?? "",
    json: () => `{"context":{"slot":${slot}},"value":{"err":${stringifyJson(meta.err)}}}`,
  };
}

/** The state that Solana reports for a deleted account. */
const GONE: AccountState = {
  lamports: 0n,
  owner: "11111111111111111111111111111111",
  executable: false,
  data: new Uint8Array(0),
};

export function accountNotification(
  slot: bigint,
  state: AccountState | undefined,
  encode: (state: AccountState) => string,
): NotificationResult {
  const account = encode(state ?? GONE);
  return { slot, key: account, json: () => `{"context":{"slot":${slot}},"value":${account}}` };
}

export function programNotification(
  slot: bigint,
  address: string,
  state: AccountState,
  encode: (state: AccountState) => string,
): NotificationResult {
  const account = encode(state);
  return {
    slot,
    key: `${address}|${account}`,
    json: () => `{"context":{"slot":${slot}},"value":{"pubkey":"${address}","account":${account}}}`,
  };
}

/** Number of slots from the root (the latest finalized slot) to the newest slot. */
const ROOT_DISTANCE = 32n;

export function blockNotification(slot: bigint, parent: bigint): NotificationResult {
  const root = slot < ROOT_DISTANCE ? 0n : slot - ROOT_DISTANCE;
  return { slot, key: "", json: () => `{"slot":${slot},"parent":${parent},"root":${root}}` };
}

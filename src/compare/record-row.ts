import { stringifyJson } from "../codec/json.js";
import type { UiAccount } from "../protocol/account-diff-notification.js";
import { MAX_TRANSACTION_VERSION } from "../protocol/transaction-envelope.js";
import { transactionSignature } from "../protocol/transaction-notification.js";
import type { RecordableEvent } from "./recordable-event.js";

/** The columns of the table formats, CSV and Parquet. */
export const RECORD_COLUMNS = [
  "type",
  "slot",
  "block_time",
  "tx_index",
  "signature",
  "program",
  "account",
  "err",
  "fee",
  "compute_units",
  "lamports_before",
  "lamports_after",
  "bytes_before",
  "bytes_after",
] as const;

export type RecordColumn = (typeof RECORD_COLUMNS)[number];

/** A row of a table. A value can have any type, because the client validates only the members that it needs for delivery. */
export type RecordRow = Partial<Record<RecordColumn, unknown>>;

/** Converts a transaction or an account change to a row. Returns `undefined` for all other events. */
export function recordRow(event: RecordableEvent): RecordRow | undefined {
  if (event.type === "transaction") {
    const { program, transaction } = event;
    const { slot, blockTime, transactionIndex, meta } = transaction;
    return {
      type: "transaction",
      slot,
      block_time: blockTime,
      tx_index: transactionIndex,
      signature: transactionSignature(transaction) ?? unknownVersion(transaction),
      program,
      err: (meta?.err ?? null) === null ? undefined : stringifyJson(meta?.err),
      fee: meta?.fee,
      compute_units: meta?.computeUnitsConsumed,
    };
  }
  if (event.type !== "accountDiff") return undefined;
  const { program, diff } = event;
  return {
    type: "accountDiff",
    slot: diff.context.slot,
    block_time: diff.blockTime,
    tx_index: diff.txIndex,
    signature: diff.signature,
    program,
    account: diff.account,
    lamports_before: diff.pre?.lamports,
    lamports_after: diff.post?.lamports,
    bytes_before: bytesOf(diff.pre),
    bytes_after: bytesOf(diff.post),
  };
}

/** Returns a text such as `unknown version 2` if the version of a transaction is not supported. */
function unknownVersion({ version }: { version?: unknown }): string | undefined {
  return typeof version === "number" && version > MAX_TRANSACTION_VERSION ? `unknown version ${version}` : undefined;
}

function bytesOf(account: UiAccount | undefined): unknown {
  if (account?.space !== undefined) return account.space;
  const base64: unknown = account?.data?.[0];
  if (typeof base64 !== "string") return undefined;
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.floor((base64.length * 3) / 4) - padding;
}

// @ts-check
import { accountKeys } from "./account-keys.js";
import { dataOf, toTransactionRow } from "./table-rows.js";

/** @typedef {import("../contract.js").Detail} Detail */
/** @typedef {import("../contract.js").TableName} TableName */
/** @typedef {import("./run-recorder.js").RunRecorder} RunRecorder */

/** Maximum number of bytes that the detail shows of an account's data. */
const MAX_BYTES = 4096;

/** Describes a row; `undefined` if its table has dropped it. @param {RunRecorder} recorder @param {{ table: TableName, id: number }} selection @returns {Detail | undefined} */
export function describe(recorder, { table, id }) {
  if (table === "transactions") return describeTransaction(recorder, id);
  if (table === "accountDiffs") return describeDiff(recorder, id);
  const item = recorder.logs.item(id);
  const row = recorder.logs.row(id);
  return item === undefined || row === undefined ? undefined : { table, row, logs: logsOf(item.of.transaction) };
}

/** @param {RunRecorder} recorder @param {number} id @returns {Detail | undefined} */
function describeTransaction(recorder, id) {
  const item = recorder.transactions.item(id);
  if (item === undefined) return undefined;
  const { transaction } = item;
  const { meta, blockTime, version } = transaction;
  const keys = accountKeys(transaction);
  const row = toTransactionRow(item, id);
  return {
    table: "transactions",
    row,
    ...(blockTime != null && { blockTime }),
    ...(version !== undefined && { version: String(version) }),
    balances: (meta?.preBalances ?? []).map((before, index) => ({
      address: keys[index] ?? `account ${index}`,
      before,
      after: meta?.postBalances[index] ?? before,
    })),
    logs: logsOf(transaction),
    diffs: diffsOf(recorder, row),
  };
}

/** @param {RunRecorder} recorder @param {number} id @returns {Detail | undefined} */
function describeDiff(recorder, id) {
  const item = recorder.accountDiffs.item(id);
  const row = recorder.accountDiffs.row(id);
  if (item === undefined || row === undefined) return undefined;
  const before = dataOf(item.diff.pre);
  const after = dataOf(item.diff.post);
  return {
    table: "accountDiffs",
    row,
    ...(before !== undefined && { dataBefore: before.slice(0, MAX_BYTES) }),
    ...(after !== undefined && { dataAfter: after.slice(0, MAX_BYTES) }),
    isCut: Math.max(before?.length ?? 0, after?.length ?? 0) > MAX_BYTES,
  };
}

/** @param {RunRecorder} recorder @param {{ signature: string, slot: bigint }} of */
function diffsOf(recorder, { signature, slot }) {
  const rows = [];
  const table = recorder.accountDiffs;
  let id = table.items().first;
  for (const { diff } of table.items()) {
    if (diff.context.slot === slot && diff.signature === signature) {
      const row = table.row(id);
      if (row !== undefined) rows.push(row);
    }
    id++;
  }
  return rows;
}

/** @param {{ meta: { logMessages?: string[] | null } | null }} transaction */
const logsOf = ({ meta }) => [...(meta?.logMessages ?? [])];

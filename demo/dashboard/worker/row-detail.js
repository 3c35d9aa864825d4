// @ts-check
import { dataOf } from "./account-balance.js";
import { toTransactionRow } from "./table-rows.js";

/** @typedef {import("../contract.js").Detail} Detail */
/** @typedef {import("../contract.js").TableName} TableName */
/** @typedef {import("./run-recorder.js").RunRecorder} RunRecorder */

/** Maximum number of bytes that the detail shows of an account's data. */
const MAX_BYTES = 4096;

/** Returns the detail of a row, or `undefined` if the table has dropped the row. @param {RunRecorder} recorder @param {{ table: TableName, id: number }} selection @returns {Detail | undefined} */
export function describe(recorder, { table, id }) {
  const detail = describeContent(recorder, table, id);
  return detail && { ...detail, ...recorder[table].placeOf(id) };
}

/** @param {RunRecorder} recorder @param {TableName} table @param {number} id @returns {Detail | undefined} */
function describeContent(recorder, table, id) {
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
  const { blockTime, version } = transaction;
  const row = toTransactionRow(item, id);
  return {
    table: "transactions",
    row,
    ...(blockTime != null && { blockTime }),
    ...(version !== undefined && { version: String(version) }),
    logs: logsOf(transaction),
    diffs: recorder.diffsOf(row).flatMap((diff) => recorder.accountDiffs.row(diff) ?? []),
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

/** @param {{ meta: { logMessages?: string[] | null } | null }} transaction */
const logsOf = ({ meta }) => [...(meta?.logMessages ?? [])];

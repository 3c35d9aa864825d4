// @ts-check
// What a table shows of an event. Worked out for the rows that are looked at, and for those that a filter asks.
import { decodeAccountData, transactionSignature } from "../../../dist/browser.js";
import { programName } from "../view/program-names.js";

/** @typedef {import("../../../dist/browser.js").ConfirmedTransaction} ConfirmedTransaction */
/** @typedef {import("../../../dist/browser.js").AccountDiff} AccountDiff */
/** @typedef {{ transaction: ConfirmedTransaction, lane: number | undefined }} TransactionItem */
/** @typedef {{ diff: AccountDiff, lane: number | undefined }} DiffItem */
/** @typedef {{ text: string, isFailure: boolean, of: TransactionItem }} LogItem */

/** @param {TransactionItem} item @param {number} id @returns {import("../contract.js").TransactionRow} */
export function toTransactionRow({ transaction, lane }, id) {
  const { slot, meta, transactionIndex } = transaction;
  return {
    id,
    slot,
    ...(transactionIndex !== undefined && { index: transactionIndex }),
    signature: transactionSignature(transaction) ?? "unreadable",
    ...(isFailed(transaction) && { error: describeError(meta?.err) }),
    ...(meta?.fee !== undefined && { fee: meta.fee }),
    ...(meta?.computeUnitsConsumed !== undefined && { computeUnits: meta.computeUnitsConsumed }),
    programs: invokedPrograms(meta?.logMessages ?? []),
    ...(lane !== undefined && { lane }),
  };
}

/** @param {DiffItem} item @param {number} id @returns {import("../contract.js").AccountDiffRow} */
export function toDiffRow({ diff, lane }, id) {
  const { context, account = "unknown", signature, pre, post } = diff;
  const owner = post?.owner ?? pre?.owner;
  const before = dataOf(pre);
  const after = dataOf(post);
  return {
    id,
    slot: context.slot,
    account,
    ...(signature !== undefined && { signature }),
    ...(owner !== undefined && { owner }),
    ...(pre !== undefined && { before: pre.lamports }),
    ...(post !== undefined && { after: post.lamports }),
    ...(before !== undefined && { bytesBefore: before.length }),
    ...(after !== undefined && { bytesAfter: after.length }),
    changedBytes: countChanges(before ?? NOTHING, after ?? NOTHING),
    ...(lane !== undefined && { lane }),
  };
}

/** @param {LogItem} item @param {number} id @returns {import("../contract.js").LogRow} */
export function toLogRow({ text, isFailure, of: { transaction, lane } }, id) {
  const signature = transactionSignature(transaction) ?? "unreadable";
  return { id, slot: transaction.slot, signature, text, isFailure, ...(lane !== undefined && { lane }) };
}

/** @param {TransactionItem} item */
export function transactionText({ transaction }) {
  const { slot, meta } = transaction;
  const outcome = isFailed(transaction) ? `failed ${describeError(meta?.err)}` : "succeeded";
  const programs = invokedPrograms(meta?.logMessages ?? []).map(spell);
  return `${slot} ${transactionSignature(transaction)} ${outcome} ${programs.join(" ")}`.toLowerCase();
}

/** @param {DiffItem} item */
export function diffText({ diff: { context, account, signature, pre, post } }) {
  const owner = post?.owner ?? pre?.owner;
  return `${context.slot} ${account} ${signature ?? ""} ${owner === undefined ? "" : spell(owner)}`.toLowerCase();
}

/** A program is looked for by its address, and by what the tables call it. @param {string} program */
const spell = (program) => `${program} ${programName(program)}`;

/** @param {LogItem} item */
export const logText = ({ text, of: { transaction } }) => `${transaction.slot} ${text}`.toLowerCase();

/** @param {ConfirmedTransaction} transaction */
export const isFailed = ({ meta }) => meta !== null && meta.err !== null && meta.err !== undefined;

/** @param {{ data: [string, string] } | undefined} state @returns {Uint8Array | undefined} of data that isn't base64: none */
export function dataOf(state) {
  if (state === undefined) return undefined;
  try {
    return decodeAccountData(state);
  } catch {
    return NOTHING;
  }
}

const NOTHING = new Uint8Array();

/** A `TransactionError` in one line: `InstructionError 0 Custom 6001`. @param {unknown} error @returns {string} */
export function describeError(error) {
  if (typeof error !== "object" || error === null) return String(error);
  if (Array.isArray(error)) return error.map(describeError).join(" ");
  return Object.entries(error)
    .map(([name, value]) => `${name} ${describeError(value)}`)
    .join(", ");
}

const INVOKED = /^Program (\w{32,44}) invoke \[1\]$/;

/** @param {readonly string[]} logs */
function invokedPrograms(logs) {
  const programs = new Set();
  for (const line of logs) {
    const program = INVOKED.exec(line)?.[1];
    if (program !== undefined) programs.add(program);
  }
  return [...programs];
}

/** @param {Uint8Array} before @param {Uint8Array} after */
function countChanges(before, after) {
  const common = Math.min(before.length, after.length);
  let changes = Math.max(before.length, after.length) - common;
  for (let at = 0; at < common; at++) if (before[at] !== after[at]) changes++;
  return changes;
}

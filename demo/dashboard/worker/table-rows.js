// @ts-check
// Converts events to table rows. Called for visible rows and for filtering only.
import { transactionSignature } from "../../../dist/browser.js";
import { programName } from "../view/program-names.js";
import { balanceOf, dataOf, mintOf, NOTHING } from "./account-balance.js";

/** @typedef {import("../../../dist/browser.js").ConfirmedTransaction} ConfirmedTransaction */
/** @typedef {import("../../../dist/browser.js").AccountDiff} AccountDiff */
/** @typedef {{ transaction: ConfirmedTransaction, subRange: number | undefined }} TransactionItem */
/** @typedef {{ diff: AccountDiff, subRange: number | undefined }} DiffItem */
/** @typedef {{ text: string, isFailure: boolean, of: TransactionItem }} LogItem */

/** The newest transaction version that the client can read. */
const MAX_VERSION = 1;

/** @param {ConfirmedTransaction} transaction @returns {string} */
function signatureOf(transaction) {
  const { version } = transaction;
  const isUnknown = typeof version === "number" && version > MAX_VERSION;
  return transactionSignature(transaction) ?? (isUnknown ? `unknown version ${version}` : "unreadable");
}

/** @param {TransactionItem} item @param {number} id @returns {import("../contract.js").TransactionRow} */
export function toTransactionRow({ transaction, subRange }, id) {
  const { slot, meta, transactionIndex } = transaction;
  return {
    id,
    slot,
    ...(transactionIndex !== undefined && { index: transactionIndex }),
    signature: signatureOf(transaction),
    ...(isFailed(transaction) && { error: describeError(meta?.err) }),
    ...(meta?.fee !== undefined && { fee: meta.fee }),
    ...(meta?.computeUnitsConsumed !== undefined && { computeUnits: meta.computeUnitsConsumed }),
    programs: invokedPrograms(meta?.logMessages ?? []),
    ...(subRange !== undefined && { subRange }),
  };
}

/**
 * @param {DiffItem} item
 * @param {number} id
 * @param {(mint: string) => number | undefined} [decimalsOf]
 * @returns {import("../contract.js").AccountDiffRow}
 */
export function toDiffRow({ diff, subRange }, id, decimalsOf) {
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
    ...tokensOf(diff, decimalsOf),
    ...(before !== undefined && { bytesBefore: before.length }),
    ...(after !== undefined && { bytesAfter: after.length }),
    changedBytes: countChanges(before ?? NOTHING, after ?? NOTHING),
    ...(subRange !== undefined && { subRange }),
  };
}

/** Returns the token balance before and after a change of a token account. @param {AccountDiff} diff @param {((mint: string) => number | undefined) | undefined} decimalsOf */
function tokensOf(diff, decimalsOf) {
  const mint = mintOf(diff);
  if (mint === undefined) return {};
  const decimals = decimalsOf?.(mint);
  const tokens = { mint, tokensBefore: balanceOf(diff.pre, true), tokensAfter: balanceOf(diff.post, true) };
  return { ...tokens, ...(decimals !== undefined && { decimals }) };
}

/** @param {LogItem} item @param {number} id @returns {import("../contract.js").LogRow} */
export function toLogRow({ text, isFailure, of: { transaction, subRange } }, id) {
  const signature = signatureOf(transaction);
  return { id, slot: transaction.slot, signature, text, isFailure, ...(subRange !== undefined && { subRange }) };
}

/** @param {TransactionItem} item */
export function transactionText({ transaction }) {
  const { slot, meta } = transaction;
  const outcome = isFailed(transaction) ? `failed ${describeError(meta?.err)}` : "succeeded";
  const programs = invokedPrograms(meta?.logMessages ?? []).map(searchTextOf);
  return `${slot} ${transactionSignature(transaction)} ${outcome} ${programs.join(" ")}`.toLowerCase();
}

/** @param {DiffItem} item */
export function diffText({ diff: { context, account, signature, pre, post } }) {
  const owner = post?.owner ?? pre?.owner;
  return `${context.slot} ${account} ${signature ?? ""} ${owner === undefined ? "" : searchTextOf(owner)}`.toLowerCase();
}

/** Returns the address and the name of a program. A filter searches in this text. @param {string} program */
const searchTextOf = (program) => `${program} ${programName(program)}`;

/** @param {LogItem} item */
export const logText = ({ text, of: { transaction } }) => `${transaction.slot} ${text}`.toLowerCase();

/** @param {ConfirmedTransaction} transaction */
export const isFailed = ({ meta }) => meta !== null && meta.err !== null && meta.err !== undefined;

/** Formats a `TransactionError` in one line: `InstructionError 0 Custom 6001`. @param {unknown} error @returns {string} */
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

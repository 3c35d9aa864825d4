// @ts-check
// Columns of the three tables.
import { formatUnits, KNOWN_MINTS, symbolOf, withSign } from "../known-mints.js";
import { formatNumber, shorten } from "../number-format.js";
import { programName } from "../program-names.js";

/** @typedef {import("../../contract.js").TransactionRow} TransactionRow */
/** @typedef {import("../../contract.js").AccountDiffRow} AccountDiffRow */
/** @typedef {import("../../contract.js").LogRow} LogRow */
/**
 * @template Row
 * @typedef {object} Column
 * @property {string} name suffix of the CSS class
 * @property {string} label
 * @property {(row: Row) => string} read
 * @property {(row: Row) => "good" | "bad" | undefined} [tone] the color of the cell; the text must be clear without the color
 */

const SOL_DECIMALS = 9;

/** @param {{ slot: bigint, subRange?: number }} row */
const slotOf = ({ slot, subRange }) =>
  subRange === undefined ? formatNumber(slot) : `${formatNumber(slot)} · sub-range ${subRange + 1}`;

/** @param {number | bigint | undefined} value @param {string} [unit] */
const numberOr = (value, unit = "") => (value === undefined ? "–" : formatNumber(value) + unit);

/** @type {readonly Column<TransactionRow>[]} */
const transactions = [
  { name: "slot", label: "Slot", read: slotOf },
  { name: "index", label: "Index", read: ({ index }) => numberOr(index) },
  { name: "signature", label: "Signature", read: ({ signature }) => shorten(signature, 8) },
  {
    name: "outcome",
    label: "Outcome",
    read: ({ error, reason }) => (error === undefined ? "✓ succeeded" : `✗ ${reason ?? error}`),
    tone: ({ error }) => (error === undefined ? "good" : "bad"),
  },
  { name: "fee", label: "Fee (lamports)", read: ({ fee }) => numberOr(fee) },
  { name: "units", label: "Compute units", read: ({ computeUnits }) => numberOr(computeUnits) },
  { name: "programs", label: "Programs", read: ({ programs }) => programs.map(programName).join(", ") || "–" },
];

/** @type {readonly Column<AccountDiffRow>[]} */
const accountDiffs = [
  { name: "slot", label: "Slot", read: slotOf },
  { name: "account", label: "Account", read: ({ account }) => shorten(account, 6) },
  { name: "owner", label: "Owner", read: ({ owner }) => (owner === undefined ? "–" : programName(owner)) },
  { name: "lamports", label: "Balance", read: balanceText },
  { name: "difference", label: "Change", read: changeText, tone: toneOf },
  { name: "bytes", label: "Bytes", read: bytesOf },
  { name: "changed", label: "Changed bytes", read: ({ changedBytes }) => numberOr(changedBytes) },
];

/** @type {readonly Column<LogRow>[]} */
const logs = [
  { name: "slot", label: "Slot", read: slotOf },
  { name: "signature", label: "Signature", read: ({ signature }) => shorten(signature, 4) },
  { name: "text", label: "Text", read: ({ text }) => text, tone: ({ isFailure }) => (isFailure ? "bad" : undefined) },
];

export const COLUMNS = { transactions, accountDiffs, logs };

/** Returns the balance before and after the change: in tokens for a token account, in SOL for any other account. @param {AccountDiffRow} row */
function balanceText(row) {
  const { before, after, mint, tokensBefore = 0n, tokensAfter = 0n } = row;
  const format = formatOf(row);
  const [old, now] = mint === undefined ? [before ?? 0n, after ?? 0n] : [tokensBefore, tokensAfter];
  if (before === undefined) return `new → ${format(now)}`;
  if (after === undefined) return `${format(old)} → closed`;
  return old === now ? format(now) : `${format(old)} → ${format(now)}`;
}

/** Returns the change of the balance with its unit. @param {AccountDiffRow} row */
function changeText(row) {
  const change = changeOf(row);
  if (change === 0n) return "0";
  const unit = row.mint === undefined ? "SOL" : symbolOf(row.mint);
  return `${withSign(formatOf(row)(change))} ${unit}`;
}

/** Returns the change of the balance in lamports, or in the smallest unit of the token. @param {AccountDiffRow} row */
const changeOf = (row) => (row.mint === undefined ? differenceOf(row) : (row.tokensAfter ?? 0n) - (row.tokensBefore ?? 0n));

/** @param {AccountDiffRow} row @returns {(amount: bigint) => string} */
function formatOf({ mint, decimals }) {
  const places = mint === undefined ? SOL_DECIMALS : (decimals ?? KNOWN_MINTS[mint]?.[1] ?? 0);
  return (amount) => formatUnits(amount, places);
}

/** @param {AccountDiffRow} row */
function bytesOf({ bytesBefore, bytesAfter }) {
  if (bytesBefore === bytesAfter) return numberOr(bytesAfter);
  return `${numberOr(bytesBefore)} → ${numberOr(bytesAfter)}`;
}

/** Returns the exact change of the balance in lamports. @param {Pick<AccountDiffRow, "before" | "after">} row */
export const differenceOf = ({ before = 0n, after = 0n }) => after - before;

/** @param {AccountDiffRow} row */
function toneOf(row) {
  const difference = changeOf(row);
  if (difference === 0n) return undefined;
  return difference > 0n ? "good" : "bad";
}

/** Formats a number with its sign: `+1,234`, `−1,234`, `0`. @param {number | bigint} value */
export function formatSigned(value) {
  if (value > 0) return `+${formatNumber(value)}`;
  return value < 0 ? `−${formatNumber(-value)}` : "0";
}

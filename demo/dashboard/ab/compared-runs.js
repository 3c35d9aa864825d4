// @ts-check
import { failureText } from "../../../dist/browser-compare.js";
import { formatCount, formatNumber } from "../view/number-format.js";
import { programName } from "../view/program-names.js";
import { checkLedgers } from "./ledger-check.js";

/** @typedef {import("../../../dist/browser-compare.js").Comparison} Comparison */
/** @typedef {import("../../../dist/browser-compare.js").TransactionDifference} TransactionDifference */
/** @typedef {import("../../../dist/browser-compare.js").FailedOutcome} FailedOutcome */
/** @typedef {import("./ab-contract.js").StoredRun} StoredRun */
/** @typedef {import("./ab-contract.js").ComparedRuns} ComparedRuns */

/**
 * Returns the results of a comparison for the page. Transactions are omitted, because transactions are large.
 *
 * @param {Comparison} comparison
 * @param {StoredRun} a
 * @param {StoredRun} b
 * @param {(outcome: FailedOutcome) => string} [why] the reason of a failure in words
 * @returns {ComparedRuns}
 */
export function toComparedRuns({ summary, differences }, a, b, why = failureText) {
  const { warnings, isRated } = checkLedgers(summary, { a: a.sourceLabel, b: b.sourceLabel });
  return {
    a,
    b,
    same: summary.same,
    different: summary.different,
    counts: summary.counts,
    warnings,
    isRated,
    rows: differences.map((difference, index) => {
      const { kind, kinds, slot, signature } = difference;
      return { index, kind, kinds, slot, signature, note: withNames(noteOn(difference, why)) };
    }),
    balances: differences.flatMap(({ slot, balances }, index) => balances.map((balance) => ({ index, slot, ...balance }))),
    pnl: summary.pnl.filter(({ change }) => change !== 0n),
    pnlOmitted: summary.pnlOmitted,
  };
}

/** Replaces each address by the name of its program, or by a shortened address. @param {string} text */
const withNames = (text) => text.replace(/\b[1-9A-HJ-NP-Za-km-z]{32,44}\b/g, programName);

/** Describes the difference of a transaction in one line. @param {TransactionDifference} difference @param {(outcome: FailedOutcome) => string} [why] */
export function noteOn({ kind, a, b, balances }, why = failureText) {
  switch (kind) {
    case "regression":
      return b === undefined ? "" : why(b);
    case "improvement":
      return a === undefined ? "" : `Failed before: ${why(a)}`;
    case "error":
      return a === undefined || b === undefined ? "" : `${why(a)} → ${why(b)}`;
    case "balance":
      return `${formatCount(balances.length, "balance")} ${balances.length === 1 ? "differs" : "differ"}`;
    case "log":
      return firstDifference(a?.logs, b?.logs);
    case "computeUnits":
      return `${figure(a?.computeUnits)} → ${figure(b?.computeUnits)} compute units`;
    case "fee":
      return `${figure(a?.fee)} → ${figure(b?.fee)} lamports`;
    case "order":
      return `${place(a)} → ${place(b)}`;
    default:
      return failedAlone(a ?? b, why);
  }
}

/** @param {TransactionDifference["a"]} only the only side that has the transaction @param {(outcome: FailedOutcome) => string} why */
function failedAlone(only, why) {
  return only === undefined || only.err === null ? "" : why(only);
}

/** @param {bigint | undefined} value */
const figure = (value) => (value === undefined ? "–" : formatNumber(value));

/** @param {TransactionDifference["a"]} side */
function place(side) {
  if (side === undefined) return "–";
  return `slot ${formatNumber(side.slot)}${side.index === undefined ? "" : `, index ${formatNumber(side.index)}`}`;
}

/** @param {readonly string[]} [a] @param {readonly string[]} [b] */
function firstDifference(a = [], b = []) {
  const line = firstDifferentLine(a, b);
  return `Line ${line + 1}: ${a[line] ?? "no line"} → ${b[line] ?? "no line"}`;
}

/** Returns the index of the first line that differs, or the length of the lists if they are equal. @param {readonly string[]} a @param {readonly string[]} b */
export function firstDifferentLine(a, b) {
  let line = 0;
  while (line < Math.max(a.length, b.length) && a[line] === b[line]) line++;
  return line;
}

// @ts-check
import { formatCount, formatNumber } from "../view/number-format.js";

/** @typedef {import("../../../dist/browser-compare.js").ComparisonSummary} ComparisonSummary */

/** The minimum share of common transactions, in percent. If the share is lower, the records are from different ledgers. */
const MIN_COMMON_PERCENT = 50;

/**
 * Decides whether the differences of two runs can be rated as better or worse. A rating requires that both runs executed the same
 * slots of the same ledger.
 *
 * @param {Pick<ComparisonSummary, "a" | "b" | "kinds" | "warnings">} summary
 * @param {{ a: string, b: string }} sources the simulator of each run; an empty text if the simulator is unknown
 * @returns {{ warnings: string[], isRated: boolean }}
 */
export function checkLedgers({ a, b, kinds, warnings }, sources) {
  const lines = warnings.map((line) => `${line.charAt(0).toUpperCase()}${line.slice(1)}.`);
  const common = a.transactions - kinds.missing;
  const fewer = Math.min(a.transactions, b.transactions);
  const isSameLedger = common * 100 >= fewer * MIN_COMMON_PERCENT;
  if (common === 0) lines.unshift("The runs have no transaction in common. They were made on different ledgers or slots.");
  else if (!isSameLedger) {
    lines.unshift(
      `Only ${formatNumber(common)} of ${formatCount(fewer, "transaction")} are in both runs. They were made on different ledgers or slots.`,
    );
  }
  if (sources.a !== "" && sources.b !== "" && sources.a !== sources.b) {
    lines.push(`The runs were made on different simulators: ${sources.a} and ${sources.b}.`);
  }
  const isSameRange = isEqual(a.header.startSlot, b.header.startSlot) && isEqual(a.header.endSlot, b.header.endSlot);
  return { warnings: lines, isRated: isSameLedger && isSameRange };
}

/** Returns `true` if two slots are equal, or if one of them is not recorded. @param {bigint | undefined} a @param {bigint | undefined} b */
const isEqual = (a, b) => a === undefined || b === undefined || a === b;

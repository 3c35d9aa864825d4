// @ts-check
/** @typedef {import("../contract.js").RunResult} RunResult */
/** @typedef {"count" | "ms" | "lamports" | "rate"} Unit */
/**
 * @typedef {object} Metric
 * @property {string} label
 * @property {Unit} unit
 * @property {(result: RunResult) => number | bigint} of
 * @property {"less" | "neither"} better which direction is an improvement
 */
/**
 * @typedef {object} Compared
 * @property {Metric} metric
 * @property {number | bigint} now
 * @property {number | bigint} before
 * @property {number | bigint} difference `now - before`
 * @property {number | undefined} percent change relative to `before`; `undefined` if `before` is 0
 * @property {"same" | "better" | "worse" | "different"} verdict
 */

/** @type {readonly Metric[]} */
export const METRICS = [
  // The duration and the reconnects are not rated, because they depend on the machine and on the network.
  { label: "Duration", unit: "ms", of: (result) => result.durationMs, better: "neither" },
  { label: "Slots executed", unit: "count", of: (result) => result.slots, better: "neither" },
  { label: "Slots skipped", unit: "count", of: (result) => result.skipped, better: "neither" },
  { label: "Slots per second", unit: "rate", of: slotsPerSecond, better: "neither" },
  { label: "Transactions", unit: "count", of: (result) => result.transactions, better: "neither" },
  { label: "Failed transactions", unit: "count", of: (result) => result.failedTransactions, better: "less" },
  { label: "Account diffs", unit: "count", of: (result) => result.accountDiffs, better: "neither" },
  { label: "Compute units", unit: "count", of: (result) => result.computeUnits, better: "less" },
  { label: "Fees", unit: "lamports", of: (result) => result.fees, better: "less" },
  { label: "Reconnects", unit: "count", of: (result) => result.reconnects, better: "neither" },
  { label: "Duplicates dropped", unit: "count", of: (result) => result.duplicatesDropped, better: "neither" },
  { label: "Gaps", unit: "count", of: (result) => result.gaps, better: "less" },
];

/** @param {RunResult} result */
function slotsPerSecond(result) {
  const slots = result.slots + result.skipped;
  return result.durationMs === 0 ? 0 : Math.round((slots / result.durationMs) * 10_000) / 10;
}

/**
 * Whether two runs executed the same slots of the same ledger with the same programs. Only differences between such runs are shown
 * as better or worse.
 *
 * @param {RunResult} a
 * @param {RunResult} b
 */
export function isSameLedger(a, b) {
  const isSameRange = a.startSlot === b.startSlot && a.endSlot === b.endSlot;
  return isSameRange && a.sourceLabel === b.sourceLabel && a.programs.toSorted().join() === b.programs.toSorted().join();
}

/**
 * Compares a run with an earlier run, metric by metric. If the ledgers differ, no difference is shown as better or worse.
 *
 * @param {RunResult} result
 * @param {RunResult} earlier
 * @returns {Compared[]}
 */
export function compare(result, earlier) {
  const isRated = isSameLedger(result, earlier);
  return METRICS.map((metric) => {
    const now = metric.of(result);
    const before = metric.of(earlier);
    const difference = subtract(now, before);
    const percent = Number(before) === 0 ? undefined : (Number(difference) / Math.abs(Number(before))) * 100;
    return { metric, now, before, difference, percent, verdict: judge(isRated ? metric.better : "neither", difference) };
  });
}

/** @param {number | bigint} a @param {number | bigint} b */
function subtract(a, b) {
  if (typeof a === "bigint" && typeof b === "bigint") return a - b;
  // Rounds the difference of two rates to one decimal.
  return Math.round((Number(a) - Number(b)) * 10) / 10;
}

/** @param {Metric["better"]} better @param {number | bigint} difference @returns {Compared["verdict"]} */
function judge(better, difference) {
  if (difference === 0 || difference === 0n) return "same";
  if (better === "neither") return "different";
  return difference < 0 ? "better" : "worse";
}

/**
 * Number of transactions in the server's summary, with any outcome.
 *
 * @param {NonNullable<RunResult["server"]>} server
 */
export function serverTransactions(server) {
  const { correctSimulation, incorrectSimulation, executionErrors, balanceDiff, logDiff, unsanitizable = 0 } = server;
  return correctSimulation + incorrectSimulation + executionErrors + balanceDiff + logDiff + unsanitizable;
}

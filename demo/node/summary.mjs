// @ts-check
// The summary of a run: how it ended, and what was delivered.
import { styler } from "./style.mjs";

const NAMES = { slot: "slots", transaction: "transactions", accountDiff: "account diffs" };

/** @param {import("./node-demo.mjs").Outcome} outcome @returns {boolean} whether the run completed without a missing or duplicate event */
export function isComplete({ end, rows, gaps }) {
  return end.reason === "completed" && gaps === 0 && rows.every(({ twice, lost = 0 }) => twice === 0 && lost === 0);
}

/** @param {import("./node-demo.mjs").Outcome} outcome @param {NodeJS.WriteStream} out */
export function writeSummary(outcome, out) {
  const { end, completed, diagnostics, rows, gaps, seconds } = outcome;
  const isCompared = rows.every(({ lost }) => lost !== undefined);
  const style = styler(out);
  const colour = isComplete(outcome) ? "green" : "red";
  const lines = [
    `${style(colour, end.reason)} in ${seconds.toFixed(1)} s${end.error === undefined ? "" : `: ${end.error.message}`}`,
    "",
    style("dim", row("", "delivered", "twice", "lost")),
    ...rows.map(({ kind, delivered, twice, lost }) => row(NAMES[kind], delivered, twice, lost ?? "?")),
    style("dim", row("total", total(rows, "delivered"), total(rows, "twice"), isCompared ? total(rows, "lost") : "?")),
    "",
    `duplicates: ${diagnostics.duplicatesDropped} dropped after reconnects`,
  ];
  const reconnects = Object.entries(diagnostics.reconnects).map(([channel, count]) => `${channel} ${count}`);
  if (reconnects.length > 0) lines.push(`reconnects: ${reconnects.join(", ")}`);
  if (gaps > 0) lines.push(`${gaps} gaps: the server no longer had the missed events`);
  if (!isCompared) lines.push("lost ?: only the local simulator has a record to compare with");
  if (completed?.summary !== undefined) {
    const { correctSimulation, incorrectSimulation, executionErrors } = completed.summary;
    lines.push(`simulation: ${correctSimulation} as recorded, ${incorrectSimulation} not, ${executionErrors} errors`);
  }
  out.write(`\n${lines.join("\n")}\n`);
}

/** @param {import("./demo-tally.mjs").Row[]} rows @param {"delivered" | "twice" | "lost"} column */
function total(rows, column) {
  return rows.reduce((sum, row) => sum + (row[column] ?? 0), 0);
}

/** @param {string} name @param {(string | number)[]} cells */
function row(name, ...cells) {
  return `  ${name.padEnd(14)}${cells.map((cell) => String(cell).padStart(10)).join("")}`;
}

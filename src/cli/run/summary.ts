import { stringifyJson } from "../../codec/json.js";
import type { Style } from "../style.js";
import { bytes, count, duration, plural } from "../units.js";
import type { RunOutcome } from "./backtest.js";
import type { RunPlan } from "./run-plan.js";

/** Whether it completed and nothing is missing. */
export function isWhole({ reason, tally }: RunOutcome): boolean {
  return reason === "completed" && tally.gaps === 0;
}

/** What is left when the run is over, for people. */
export function summaryLines(outcome: RunOutcome, plan: RunPlan, style: Style): string[] {
  const { reason, tally, summary, seconds, diagnostics } = outcome;
  const figures: [string, number, string][] = [["slots", tally.slots, `from ${plan.startSlot} to ${plan.endSlot}`]];
  if (plan.streams.includes("transaction")) {
    figures.push(["transactions", tally.transactions, `${count(tally.failedTransactions)} failed`]);
  }
  if (plan.streams.includes("accountDiff")) figures.push(["account diffs", tally.accountDiffs, ""]);
  const width = Math.max(...figures.map(([, figure]) => count(figure).length));
  const lines = [
    style(isWhole(outcome) ? "green" : "red", `${reason} in ${duration(seconds)}`),
    ...figures.map(([name, figure, note]) =>
      `  ${name.padEnd(14)}${count(figure).padStart(width)}  ${style("dim", note)}`.trimEnd(),
    ),
  ];
  if (summary !== undefined) {
    const { correctSimulation, incorrectSimulation, executionErrors, balanceDiff, logDiff } = summary;
    const differences = `${count(balanceDiff)} with other balances, ${count(logDiff)} with other logs`;
    lines.push(
      `  simulation: ${count(correctSimulation)} as recorded, ${count(incorrectSimulation)} not (${differences}), ${plural(executionErrors, "error")}`,
    );
  }
  const reconnects = Object.entries(diagnostics?.reconnects ?? {}).map(([channel, times]) => `${channel} ${times}`);
  if (reconnects.length > 0) {
    lines.push(`  reconnects: ${reconnects.join(", ")}; ${plural(diagnostics?.duplicatesDropped ?? 0, "repetition")} dropped`);
  }
  if (tally.errors > 0) lines.push(`  ${plural(tally.errors, "error")} that the simulator told of on the way`);
  if (tally.unrecognized > 0) lines.push(`  ${plural(tally.unrecognized, "frame")} that could not be read`);
  if (tally.gaps > 0) lines.push(style("red", `  ${plural(tally.gaps, "gap")}: the server no longer had what was missed`));
  return [...lines, ...fileLines(outcome, plan)];
}

function fileLines({ bytes: length, leftAside, isResumable, reason }: RunOutcome, { out, checkpoint }: RunPlan): string[] {
  const lines: string[] = [];
  if (reason === "completed" && out !== undefined && out.file !== "-") lines.push(`  ${out.file}: ${bytes(length)}`);
  if (leftAside !== undefined) lines.push(`  what came until then is in ${leftAside} (${bytes(length)})`);
  if (isResumable)
    lines.push(`  the same command goes on with it from ${checkpoint}, while the server keeps the session (15 min at most)`);
  return lines;
}

/** The same for programs: one line of JSON. */
export function summaryJson(outcome: RunOutcome, { startSlot, endSlot, out, checkpoint }: RunPlan): string {
  const { reason, tally, summary, seconds, diagnostics, bytes: length, leftAside, isResumable } = outcome;
  const record = out === undefined || out.file === "-" ? undefined : { file: leftAside ?? out.file, bytes: length };
  return stringifyJson({
    reason,
    startSlot,
    endSlot,
    seconds: Math.round(seconds * 1000) / 1000,
    ...tally,
    summary,
    ...diagnostics,
    out: record,
    checkpoint: isResumable ? checkpoint : undefined,
  });
}

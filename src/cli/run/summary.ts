import { stringifyJson } from "../../codec/json.js";
import type { Style } from "../terminal/style.js";
import { bytes, count, duration, plural } from "../terminal/units.js";
import type { RunOutcome } from "./backtest.js";
import type { RunPlan } from "./run-plan.js";

/** Whether the run completed without a gap. */
export function isWhole({ reason, tally }: RunOutcome): boolean {
  return reason === "completed" && tally.gaps === 0;
}

/** The summary of a run for people. */
export function summaryLines(outcome: RunOutcome, plan: RunPlan, style: Style): string[] {
  const { reason, wasDone, tally, seconds } = outcome;
  const lines = [
    style(isWhole(outcome) ? "green" : "red", `${reason} in ${duration(seconds)}`),
    ...figureLines(outcome, plan, style),
    ...connectionLines(outcome),
  ];
  if (wasDone) lines.push(`  the run of ${plan.checkpoint} had completed before; nothing was run. Use --force to run it again`);
  if (tally.errors > 0) lines.push(`  ${plural(tally.errors, "error")} reported by the simulator`);
  if (tally.unrecognized > 0) lines.push(`  ${plural(tally.unrecognized, "frame")} skipped that could not be read`);
  if (tally.gaps > 0) lines.push(style("red", `  ${plural(tally.gaps, "gap")}: the server no longer had the missed events`));
  return [...lines, ...fileLines(outcome, plan)];
}

function figureLines({ tally, summary }: RunOutcome, plan: RunPlan, style: Style): string[] {
  const figures: [name: string, figure: number, note: string][] = [
    ["slots", tally.slots, `from ${plan.startSlot} to ${plan.endSlot}`],
  ];
  if (plan.streams.includes("transaction")) {
    figures.push(["transactions", tally.transactions, `${count(tally.failedTransactions)} failed`]);
  }
  if (plan.streams.includes("accountDiff")) figures.push(["account diffs", tally.accountDiffs, ""]);
  if (summary !== undefined) {
    figures.push(
      ["same result", summary.correctSimulation, "as recorded on the chain"],
      ["other result", summary.incorrectSimulation, differenceNote(summary.balanceDiff, summary.logDiff)],
      ["not executed", summary.executionErrors, "because of an error"],
    );
    if ((summary.unsanitizable ?? 0) > 0) figures.push(["unsanitizable", summary.unsanitizable, "refused by the runtime"]);
  }
  const width = Math.max(...figures.map(([, figure]) => count(figure).length));
  return figures.map(([name, figure, note]) =>
    `  ${name.padEnd(14)}${count(figure).padStart(width)}  ${style("dim", note)}`.trimEnd(),
  );
}

function differenceNote(balances: number, logs: number): string {
  return `${count(balances)} with other balances, ${count(logs)} with other logs`;
}

function connectionLines({ diagnostics }: RunOutcome): string[] {
  const reconnects = Object.entries(diagnostics?.reconnects ?? {}).map(([channel, times]) => `${channel} ${times}`);
  if (reconnects.length === 0) return [];
  return [`  reconnects: ${reconnects.join(", ")}; ${plural(diagnostics?.duplicatesDropped ?? 0, "duplicate")} dropped`];
}

function fileLines({ bytes: length, partial, isResumable, reason }: RunOutcome, { out, checkpoint }: RunPlan): string[] {
  const lines: string[] = [];
  if (reason === "completed" && out !== undefined && out.file !== "-") lines.push(`  ${out.file}: ${bytes(length)}`);
  if (partial !== undefined) lines.push(`  the partial record is ${partial} (${bytes(length)})`);
  if (isResumable) {
    lines.push(`  to resume from ${checkpoint}, repeat the command within 15 min, while the server keeps the session`);
  }
  return lines;
}

/** The summary of a run as one line of JSON. */
export function summaryJson(outcome: RunOutcome, { startSlot, endSlot, out, checkpoint }: RunPlan): string {
  const { reason, wasDone, tally, summary, seconds, diagnostics, bytes: length, partial, isResumable } = outcome;
  const record = out === undefined || out.file === "-" ? undefined : { file: partial ?? out.file, bytes: length };
  return stringifyJson({
    reason,
    wasDone: wasDone || undefined,
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

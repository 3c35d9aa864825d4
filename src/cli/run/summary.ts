import { stringifyJson } from "../../codec/json.js";
import type { SessionSummary } from "../../protocol/session-summary.js";
import { oneLine } from "../command-failure.js";
import type { Style } from "../terminal/style.js";
import { bytes, count, duration, plural } from "../terminal/units.js";
import type { RunOutcome } from "./backtest.js";
import type { RunPlan } from "./run-plan.js";

/** Whether the run completed without a gap. */
export function isComplete({ reason, tally }: RunOutcome): boolean {
  return reason === "completed" && tally.gaps === 0;
}

/**
 * Whether a completed run with subscriptions has received no transaction and no account change. Always `false` for a rerouted run.
 */
export function hasFoundNothing(outcome: RunOutcome, { streams, reroute }: RunPlan): boolean {
  const { transactions, accountDiffs } = outcome.tally;
  return isComplete(outcome) && streams.length > 0 && reroute === undefined && transactions + accountDiffs === 0;
}

/** Returns the warning for a run without any transaction or account change. */
export function nothingFoundWarning({ startSlot, endSlot, programs, streams }: RunPlan): string {
  const what = streams.map((stream) => (stream === "transaction" ? "no transaction" : "no account change")).join(" and ");
  return `warning: ${what} of ${programs.join(", ")} in slots ${startSlot} to ${endSlot}: check --program and the range`;
}

/** Whether any transaction differs from the chain in its result or balances. Execution errors count as differences. */
export function differsFromChain({ summary }: Pick<RunOutcome, "summary">): boolean {
  if (summary === undefined) return false;
  return summary.incorrectSimulation + summary.executionErrors + summary.balanceDiff > 0;
}

/** Formats the summary of a run as readable text. */
export function summaryLines(outcome: RunOutcome, plan: RunPlan, style: Style): string[] {
  const { reason, wasDone, tally, seconds } = outcome;
  const lines = [
    style(isComplete(outcome) ? "green" : "red", `${reason} in ${duration(seconds)}`),
    ...figureLines(outcome, plan, style),
    ...connectionLines(outcome),
  ];
  if (wasDone) lines.push(`  the run of ${plan.checkpoint} had completed before; nothing was run. Use --force to run it again`);
  if (tally.errors > 0) lines.push(`  ${plural(tally.errors, "error")} reported by the simulator`);
  if (tally.unrecognized > 0) lines.push(`  ${plural(tally.unrecognized, "frame")} skipped that could not be read`);
  if (tally.gaps > 0) lines.push(style("red", `  ${plural(tally.gaps, "gap")}: the server no longer had the missed events`));
  const { injected } = outcome;
  if (injected !== undefined && injected.failed.length > 0) {
    lines.push(style("red", `  ${count(injected.failed.length)} of ${plural(injected.count, "injected transaction")} failed`));
  }
  lines.push(...(outcome.reports?.failureLines ?? []));
  const { datasetUri } = outcome.summary?.rerouteStats ?? {};
  if (datasetUri !== undefined) lines.push(oneLine(`  re-quotes are published, and kept for 7 days: ${datasetUri}`));
  return [...lines, ...fileLines(outcome, plan)];
}

type Figure = [name: string, figure: number | bigint, note: string];

function figureLines({ tally, summary }: RunOutcome, plan: RunPlan, style: Style): string[] {
  const figures: Figure[] = [["slots", tally.slots, `from ${plan.startSlot} to ${plan.endSlot}`]];
  if (plan.streams.includes("transaction")) {
    figures.push(["transactions", tally.transactions, `${count(tally.failedTransactions)} failed`]);
  }
  if (plan.streams.includes("accountDiff")) figures.push(["account diffs", tally.accountDiffs, ""]);
  if (summary !== undefined) figures.push(...comparisonFigures(summary));
  if (summary?.rerouteStats !== undefined) figures.push(...rerouteFigures(summary.rerouteStats));
  const nameWidth = Math.max(...figures.map(([name]) => name.length)) + 2;
  const width = Math.max(...figures.map(([, figure]) => count(figure).length));
  return figures.map(([name, figure, note]) =>
    `  ${name.padEnd(nameWidth)}${count(figure).padStart(width)}  ${style("dim", note)}`.trimEnd(),
  );
}

/** Formats the comparison with the chain. Each transaction of the range is counted in exactly one row. */
function comparisonFigures(summary: SessionSummary): Figure[] {
  const { correctSimulation, incorrectSimulation, balanceDiff, logDiff, executionErrors, unsanitizable } = summary;
  const { withoutMeta = 0 } = summary;
  const uncompared = withoutMeta > 0 ? `; ${count(withoutMeta)} without a recorded result` : "";
  const figures: Figure[] = [
    ["same result", correctSimulation, `as recorded on the chain${uncompared}`],
    ["other result", incorrectSimulation, "another error than recorded, or none"],
    ["other balances", balanceDiff, "same result, other lamports or token amounts"],
    ["other logs", logDiff, "same result and balances"],
    ["not executed", executionErrors, reasonNote(summary, NOT_EXECUTED) || "because of an error"],
  ];
  if (unsanitizable > 0) {
    figures.push(["unsanitizable", unsanitizable, reasonNote(summary, UNSANITIZABLE) || "refused by the runtime"]);
  }
  return figures;
}

/** Formats how many swaps were re-quoted, and how many matched a template of `--venue-templates`. */
function rerouteFigures(stats: NonNullable<SessionSummary["rerouteStats"]>): Figure[] {
  const { swapsDetected, swapsRerouted, swapsSucceeded, swapsFiltered, requoteFailures, directFillMatched, directFillScored } =
    stats;
  const [rerouted, succeeded, filtered, failures] = [swapsRerouted, swapsSucceeded, swapsFiltered, requoteFailures].map(count);
  const figures: Figure[] = [
    [
      "swaps",
      swapsDetected,
      `${rerouted} re-quoted, ${succeeded} of these succeeded; ${filtered} filtered, ${failures} without a quote`,
    ],
  ];
  if (directFillMatched > 0n) figures.push(["direct fills", directFillMatched, `${count(directFillScored)} scored`]);
  return figures;
}

/** Texts for the reasons why the local simulator did not execute a transaction. */
const NOT_EXECUTED: Readonly<Record<string, string>> = {
  missingAccount: "account missing",
  missingProgram: "program missing",
  refused: "refused by the VM",
};
const UNSANITIZABLE: Readonly<Record<string, string>> = {
  malformed: "not a transaction",
  missingLookupTable: "lookup table missing",
};

function reasonNote({ notReplayed = [] }: SessionSummary, words: Readonly<Record<string, string>>): string {
  return notReplayed
    .filter(({ reason }) => Object.hasOwn(words, reason))
    .map(({ reason, count: times }) => `${words[reason]}: ${count(times)}`)
    .join(", ");
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

/** Formats the summary of a run as one line of JSON. */
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
    failures: outcome.reports?.failures,
    reroute: outcome.reports?.reroute?.json,
    injected: outcome.injected,
    out: record,
    checkpoint: isResumable ? checkpoint : undefined,
  });
}

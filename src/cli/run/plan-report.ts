import { existsSync } from "node:fs";
import { stringifyJson } from "../../codec/json.js";
import type { AvailableRange } from "../../protocol/available-range.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { splitRange } from "../../protocol/split-range.js";
import { withoutQuery } from "../../protocol/urls.js";
import { oneLine } from "../command-failure.js";
import { makeClient } from "../common-options.js";
import type { Io } from "../terminal/io.js";
import type { Style } from "../terminal/style.js";
import { factLines } from "../terminal/table.js";
import { count, plural } from "../terminal/units.js";
import type { RunPlan } from "./run-plan.js";

type SubRange = ReturnType<typeof splitRange>[number];

/** The runs that `--plan` describes, and the files that they write. */
export interface PlannedRuns {
  readonly plan: Omit<RunPlan, "out">;
  /** The name of each run. The command `ab` has two runs. */
  readonly runs: readonly string[];
  readonly outputs: readonly PlannedOutput[];
}

export interface PlannedOutput {
  /** A path, or `-` for the standard output. */
  readonly file: string;
  readonly format: string;
}

/** The runs that a command would start, and an estimate of their cost. */
export interface PlanReport extends PlannedRuns {
  /** The sessions of each run. For a parallel run, they are an estimate, because the server selects the sub-ranges. */
  readonly sessions: readonly SubRange[];
  readonly cost: CostEstimate | undefined;
  readonly notes: readonly string[];
}

interface CostEstimate {
  readonly dollars: number;
  readonly slots: bigint;
  readonly dollarsPerSlot: number;
  readonly dollarsPerMinute: number;
  readonly maxMsPerSlot: bigint;
}

/** Time limit for each request to the service, in ms. */
const LIMIT_MS = 5_000;

/**
 * Requests the ranges and prices of the service, and creates no session. If the service does not answer, the report contains a
 * note.
 */
export async function reportPlan(planned: PlannedRuns, io: Io): Promise<PlanReport> {
  const { plan, runs, outputs } = planned;
  const client = makeClient(plan.url, io);
  const notes: string[] = [];
  const call = { signal: io.interrupt, timeoutMs: LIMIT_MS };
  const note = (what: string) => (error: unknown) => {
    if (io.interrupt.aborted || !(error instanceof SimulatorError)) throw error;
    notes.push(oneLine(`${what}: ${error.message}`));
    return undefined;
  };
  const includeAccountState = plan.replayAccountState ?? false;
  const ranges = await client.availableRanges({ ...call, includeAccountState }).catch(note("the available ranges are not known"));
  const report = ranges === undefined ? undefined : await client.usage(call).catch(note("the prices are not known"));
  const sessions = ranges === undefined ? [rangeOf(plan)] : sessionsOf(plan, ranges, notes);
  const slots = sessions.reduce((sum, { startSlot, endSlot }) => sum + endSlot - startSlot + 1n, 0n) * BigInt(runs.length);
  const pricing = report?.pricing;
  if (report !== undefined && pricing === undefined) notes.push("the service gives no prices for this API key");
  for (const { file } of outputs) {
    if (file !== "-" && !plan.mayReplace && existsSync(file)) notes.push(`${file} exists already: add --force to replace it`);
  }
  const cost = pricing && { ...pricing, slots, dollars: Number(slots) * pricing.dollarsPerSlot };
  return { ...planned, sessions, cost, notes };
}

function rangeOf({ startSlot, endSlot }: PlannedRuns["plan"]): SubRange {
  return { startSlot, endSlot };
}

function sessionsOf(plan: PlannedRuns["plan"], ranges: readonly AvailableRange[], notes: string[]): readonly SubRange[] {
  const kind = plan.replayAccountState ? "account_state" : "blocks";
  try {
    const parts = splitRange(ranges, rangeOf(plan), { kind });
    return plan.isParallel ? parts : [rangeOf(plan)];
  } catch (error) {
    if (!(error instanceof SimulatorError)) throw error;
    notes.push(
      `the service may refuse the range: ${oneLine(error.message)}. \`simulator-client ranges\` lists the available slots`,
    );
    return [rangeOf(plan)];
  }
}

const STREAM_NAMES = { transaction: "transactions", accountDiff: "account diffs" } as const;

/** Formats the plan as readable text. */
export function planLines({ plan, runs, outputs, sessions, cost, notes }: PlanReport, style: Style): string[] {
  const { url, startSlot, endSlot, streams, programs, changes = [], reroute, checkpoint } = plan;
  const subscriptions = streams.map((stream) => `${STREAM_NAMES[stream]} of ${plural(programs.length, "program")}`);
  if (reroute !== undefined) subscriptions.push("replacements");
  const facts: [string, string][] = [
    ["simulator", withoutQuery(url)],
    ["range", `slots ${startSlot} to ${endSlot}`],
    ["slots", count(endSlot - startSlot + 1n)],
    ["runs", runs.length === 1 ? "1" : `${runs.length}: ${runs.join(", ")}`],
    ["sessions", describeSessions(sessions, plan.isParallel, runs.length)],
    ["receives", ["slots", ...subscriptions].join(", ")],
    ["changes", changes.length === 0 ? "none" : changes.join("; ")],
    ["output", outputs.length === 0 ? "none, only a summary" : outputs.map(describeOutput).join(", ")],
    ...(checkpoint === undefined ? [] : [["checkpoint", checkpoint] as [string, string]]),
    ["cost", cost === undefined ? "not known" : describeCost(cost)],
  ];
  const noteLines = notes.map((note) => `${style("yellow", "note:")} ${note}`);
  return ["nothing is run; this is the plan", ...factLines(facts, style), ...noteLines];
}

function describeSessions(sessions: readonly SubRange[], isParallel: boolean, runs: number): string {
  if (!isParallel) return `${runs}`;
  const parts = sessions.map(({ startSlot, endSlot }) => `${startSlot}..${endSlot}`);
  const shown = parts.length > 8 ? [...parts.slice(0, 8), `${parts.length - 8} more`] : parts;
  return `about ${sessions.length} for each run, as the server decides: ${shown.join(", ")}`;
}

function describeOutput({ file, format }: PlannedOutput): string {
  return `${file === "-" ? "the standard output" : file} (${format})`;
}

function describeCost({ dollars, slots, dollarsPerSlot, dollarsPerMinute, maxMsPerSlot }: CostEstimate): string {
  const byTime = `$${dollarsPerMinute} a minute if a slot takes more than ${maxMsPerSlot} ms`;
  return `at most $${dollars.toFixed(2)} for ${plural(slots, "slot")}, $${dollarsPerSlot} each; ${byTime}`;
}

/** Formats the plan as one line of JSON. */
export function planJson({ plan, runs, outputs, sessions, cost, notes }: PlanReport): string {
  const { url, startSlot, endSlot, streams, programs, changes = [], reroute, checkpoint, isParallel } = plan;
  return stringifyJson({
    plan: true,
    url: withoutQuery(url),
    startSlot,
    endSlot,
    slots: endSlot - startSlot + 1n,
    runs,
    parallel: isParallel,
    sessions,
    subscriptions: [...streams.map((kind) => ({ kind, programs })), ...(reroute === undefined ? [] : [{ kind: "replacement" }])],
    changes,
    outputs,
    checkpoint,
    cost: cost ?? null,
    notes,
  });
}

import * as v from "valibot";
import { parseJson, stringifyJson } from "../../codec/json.js";
import type { Tally } from "../../compare/run-tally.js";
import { writeAtomically } from "../../files/atomic-file.js";
import { fileProblem } from "../../files/file-problem.js";
import { readInputFile } from "../../files/input-file.js";
import { findProblem } from "../../protocol/message.js";
import { count, u64 } from "../../protocol/scalars.js";
import { oneOf, opt, orNull, text } from "../../protocol/schema.js";
import { type SessionSummary, sessionSummary } from "../../protocol/session-summary.js";
import type { SessionCheckpoint } from "../../session/checkpoint/session-checkpoint.js";
import { Failure, UsageError } from "../command-failure.js";
import type { RunPlan } from "./run-plan.js";

/**
 * The content of a checkpoint file: the position up to which the session has delivered events, and the size of the record at this
 * position. A resumed run deletes everything after this position from the record, and receives the deleted events again.
 */
export interface RunState {
  run: Pick<RunPlan, "startSlot" | "endSlot" | "programs" | "streams" | "out" | "changes">;
  /** The checkpoint of the session. `undefined` if all events have been delivered and written. */
  session: SessionCheckpoint | undefined;
  outBytes: number;
  tally: Tally;
  /** Total duration of all processes of this run, in seconds. */
  seconds: number;
  summary: SessionSummary | undefined;
}

const VERSION = 1;

const counts = (keys: readonly (keyof Tally)[]) => v.object(Object.fromEntries(keys.map((key) => [key, count])));

const schema = v.object({
  version: oneOf([VERSION]),
  run: v.object({
    startSlot: u64,
    endSlot: u64,
    programs: v.array(text),
    streams: v.array(oneOf(["transaction", "accountDiff"])),
    changes: opt(v.array(text)),
    out: orNull(v.object({ file: text, format: oneOf(["ndjson", "csv", "parquet"]) })),
  }),
  // The checkpoint is not validated here, because `resumeSession` validates it.
  session: orNull(v.custom<SessionCheckpoint>((value) => typeof value === "object" && value !== null)),
  outBytes: count,
  tally: counts(["slots", "transactions", "failedTransactions", "accountDiffs", "errors", "unrecognized", "gaps"]),
  seconds: v.custom<number>((value) => typeof value === "number" && value >= 0),
  summary: opt(sessionSummary),
});

/** Saves a state atomically. @throws Failure */
export async function saveRunState(file: string, state: RunState): Promise<void> {
  const { run, session, ...rest } = state;
  const { startSlot, endSlot, programs, streams, changes, out } = run;
  const saved = {
    version: VERSION,
    run: { startSlot, endSlot, programs, streams, ...(changes?.length && { changes }), out: out ?? null },
    session: session ?? null,
    ...rest,
  };
  await writeAtomically(file, `${stringifyJson(saved)}\n`);
}

/**
 * Reads the state that an earlier process saved. Returns `undefined` if the file does not exist.
 *
 * @throws Failure if the file cannot be read or is not a checkpoint
 */
export async function loadRunState(file: string): Promise<RunState | undefined> {
  let json: string;
  try {
    json = (await readInputFile(file)).toString("utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileProblem(`cannot read ${file}`, cause);
  }
  const refuse = (problem: string): Failure =>
    new Failure(`${file} exists and is not a checkpoint (${problem}); use another file, or --force to replace it`, {
      code: "fileExists",
    });
  let value: unknown;
  try {
    value = parseJson(json);
  } catch {
    throw refuse("not JSON");
  }
  const problem = findProblem(schema, value);
  if (problem !== undefined) throw refuse(problem);
  const { run, session, ...rest } = v.parse(schema, value);
  return {
    run: {
      startSlot: BigInt(run.startSlot),
      endSlot: BigInt(run.endSlot),
      programs: run.programs,
      streams: run.streams,
      out: run.out ?? undefined,
      ...(run.changes && { changes: run.changes }),
    },
    session: session ?? undefined,
    outBytes: rest.outBytes,
    tally: rest.tally as unknown as Tally,
    seconds: rest.seconds,
    summary: rest.summary,
  };
}

const OPTIONS = {
  startSlot: "--start-slot",
  endSlot: "last slot",
  programs: "--program",
  streams: "choice of --transactions and --account-diffs",
  out: "--out or --format",
  changes: "change (--program-so, --account-overrides, --extra-compute-units)",
} as const;

/** Returns the option in which a saved run differs from a plan. `undefined` if both describe the same run. */
export function differingOption({ run }: RunState, plan: RunPlan): string | undefined {
  const keys = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];
  const textOf = (value: unknown): string => stringifyJson(value ?? null).replace(/^\[\]$/, "null");
  const differing = keys.find((key) => textOf(run[key]) !== textOf(plan[key]));
  return differing === undefined ? undefined : OPTIONS[differing];
}

/** @throws UsageError if the state belongs to another run */
export function checkSameRun(file: string, state: RunState, plan: RunPlan): void {
  const option = differingOption(state, plan);
  if (option === undefined) return;
  throw new UsageError(
    `${file} is the checkpoint of a run with another ${option}: repeat that command, use another file, or --force to replace it`,
  );
}

import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { parseJson, stringifyJson } from "../../codec/json.js";
import { findProblem } from "../../protocol/message.js";
import { count, u64 } from "../../protocol/scalars.js";
import { oneOf, opt, orNull, text } from "../../protocol/schema.js";
import { type SessionSummary, sessionSummary } from "../../protocol/session-summary.js";
import type { SessionCheckpoint } from "../../session/checkpoint.js";
import { writeWhole } from "../atomic-file.js";
import { Failure, UsageError } from "../command-failure.js";
import { fileProblem } from "../file-problem.js";
import type { RunPlan } from "./run-plan.js";
import type { Tally } from "./run-tally.js";

/**
 * What a run's checkpoint file holds: what of the session was delivered, and how long the record was just then, so that a
 * resumed run cuts off what was written later, which comes again.
 */
export interface RunState {
  run: Pick<RunPlan, "startSlot" | "endSlot" | "programs" | "streams" | "out">;
  /** Undefined once all of it has been delivered and written: only the record is still to be put in its place. */
  session: SessionCheckpoint | undefined;
  outBytes: number;
  tally: Tally;
  /** Of all processes together. */
  seconds: number;
  summary: SessionSummary | undefined;
}

const VERSION = 1;

const wholes = (keys: readonly (keyof Tally)[]) => v.object(Object.fromEntries(keys.map((key) => [key, count])));

const schema = v.object({
  version: oneOf([VERSION]),
  run: v.object({
    startSlot: u64,
    endSlot: u64,
    programs: v.array(text),
    streams: v.array(oneOf(["transaction", "accountDiff"])),
    out: orNull(v.object({ file: text, format: oneOf(["ndjson", "csv"]) })),
  }),
  // What it must be made of, `resumeSession` knows.
  session: orNull(v.custom<SessionCheckpoint>((value) => typeof value === "object" && value !== null)),
  outBytes: count,
  tally: wholes(["slots", "transactions", "failedTransactions", "accountDiffs", "errors", "unrecognized", "gaps"]),
  seconds: v.custom<number>((value) => typeof value === "number" && value >= 0),
  summary: opt(sessionSummary),
});

/** Saves a state, whole or not at all. @throws Failure */
export async function saveRunState(file: string, state: RunState): Promise<void> {
  const { run, session, ...rest } = state;
  const { startSlot, endSlot, programs, streams, out } = run;
  const saved = {
    version: VERSION,
    run: { startSlot, endSlot, programs, streams, out: out ?? null },
    session: session ?? null,
    ...rest,
  };
  await writeWhole(file, `${stringifyJson(saved)}\n`);
}

/**
 * The state that an earlier process saved; undefined if there is none.
 *
 * @throws Failure if the file can't be read or is none
 */
export async function loadRunState(file: string): Promise<RunState | undefined> {
  let json: string;
  try {
    json = await readFile(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileProblem(`cannot read ${file}`, cause);
  }
  const remedy = "name another file, or delete it to run from the start";
  let value: unknown;
  try {
    value = parseJson(json);
  } catch {
    throw new Failure(`${file} is no checkpoint: it isn't JSON; ${remedy}`);
  }
  const problem = findProblem(schema, value);
  if (problem !== undefined) throw new Failure(`${file} is no checkpoint of this version (${problem}); ${remedy}`);
  const { run, session, ...rest } = v.parse(schema, value);
  return {
    run: { ...run, startSlot: BigInt(run.startSlot), endSlot: BigInt(run.endSlot), out: run.out ?? undefined },
    session: session ?? undefined,
    outBytes: rest.outBytes,
    tally: rest.tally as unknown as Tally,
    seconds: rest.seconds,
    summary: rest.summary,
  };
}

/** @throws UsageError if a state is of another run than the one that is asked for */
export function checkSameRun(file: string, { run }: RunState, plan: RunPlan): void {
  const differs = (Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]).find((key) => same(run[key]) !== same(plan[key]));
  if (differs === undefined) return;
  throw new UsageError(
    `${file} is the checkpoint of a run with another ${OPTIONS[differs]}: give the same, name another file, or delete it`,
  );
}

const OPTIONS = {
  startSlot: "--start-slot",
  endSlot: "last slot",
  programs: "--program",
  streams: "choice of --transactions and --account-diffs",
  out: "--out or --format",
} as const;

function same(value: unknown): string {
  return stringifyJson(value ?? null);
}

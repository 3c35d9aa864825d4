import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Comparison } from "../../compare/comparison.js";
import type { DifferenceKind } from "../../compare/transaction-difference.js";
import { fileProblem } from "../../files/file-problem.js";
import { Failure } from "../command-failure.js";
import { runBacktest } from "../run/backtest.js";
import type { RunPlan } from "../run/run-plan.js";
import type { Io, Output } from "../terminal/io.js";
import { duration, plural } from "../terminal/units.js";
import { compareRecords } from "./compare-records.js";

/** The validated options of `ab`. */
export interface AbPlan {
  /** The options that the baseline and the candidate share. */
  readonly session: Omit<RunPlan, "out">;
  /** The options for the candidate only: the changes to test. */
  readonly candidate: Pick<RunPlan, "changes" | "changed" | "extraComputeUnits">;
  /** The base name of the sessions. `-baseline` or `-candidate` is appended. */
  readonly name: string | undefined;
  /** An existing record to compare with. If it is set, the baseline is not run. */
  readonly baseline: string | undefined;
  readonly isConcurrent: boolean;
  /** The folder for the records. If it is `undefined`, the records are deleted after the comparison. */
  readonly folder: string | undefined;
  readonly limit: number;
  readonly ignore: readonly DifferenceKind[];
}

/**
 * Runs the baseline and the candidate, and compares their records.
 *
 * @throws SimulatorError and Failure any error of `runBacktest` and `compareRecords`
 */
export async function runAbTest(plan: AbPlan, io: Io): Promise<Comparison> {
  const folder = await makeFolder(plan.folder);
  try {
    const sides = { baseline: plan.baseline ?? join(folder, "baseline.ndjson"), candidate: join(folder, "candidate.ndjson") };
    const run = (side: "baseline" | "candidate", interrupt = io.interrupt) =>
      runSide(side, sides[side], plan, { ...io, interrupt });
    if (plan.isConcurrent) {
      await bothOf(run, io.interrupt);
    } else {
      if (plan.baseline === undefined) await run("baseline");
      await run("candidate");
    }
    const { limit, ignore } = plan;
    // Without `plan.folder`, the records are temporary files. The report shows `names` instead of the paths of temporary files.
    const names = plan.folder === undefined ? { a: plan.baseline ?? "baseline", b: "candidate" } : {};
    return await compareRecords(sides.baseline, sides.candidate, { limit, ignore, names, signal: io.interrupt });
  } finally {
    if (plan.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the baseline and the candidate at the same time. If one run fails, the other run is aborted. */
async function bothOf(
  run: (side: "baseline" | "candidate", interrupt: AbortSignal) => Promise<void>,
  interrupt: AbortSignal,
): Promise<void> {
  const failure = new AbortController();
  const signal = AbortSignal.any([interrupt, failure.signal]);
  const sides = (["baseline", "candidate"] as const).map((side) => run(side, signal));
  let first: { error: unknown } | undefined;
  for (const side of sides) {
    side.catch((error: unknown) => {
      first ??= { error };
      failure.abort(error);
    });
  }
  // This waits for both runs, because their records must be closed before the folder is removed.
  await Promise.allSettled(sides);
  if (first !== undefined) throw first.error;
}

async function makeFolder(folder: string | undefined): Promise<string> {
  try {
    if (folder === undefined) return await mkdtemp(join(tmpdir(), "simulator-client-ab-"));
    await mkdir(folder, { recursive: true });
    return resolve(folder);
  } catch (cause) {
    throw fileProblem(`cannot create the folder ${folder ?? tmpdir()}`, cause);
  }
}

async function runSide(side: "baseline" | "candidate", file: string, plan: AbPlan, io: Io): Promise<void> {
  const { session, candidate, name, isConcurrent } = plan;
  const sideIo: Io = { ...io, err: labelled(io.err, side, isConcurrent) };
  if (!isConcurrent) io.err.write(`${side}\n`);
  const outcome = await runBacktest(
    {
      ...session,
      ...(side === "candidate" && candidate),
      ...(name !== undefined && { name: `${name}-${side}` }),
      out: { file, format: "ndjson" },
    },
    sideIo,
  );
  io.interrupt.throwIfAborted();
  const { tally, reason, seconds } = outcome;
  if (reason !== "completed") throw new Failure(`the ${side} has not completed`);
  if (tally.gaps > 0)
    throw new Failure(
      `the ${side} lacks events: a connection was lost, and the server no longer had the missed events. Run it again`,
    );
  const figures = `${plural(tally.slots, "slot")}, ${plural(tally.transactions, "transaction")}, ${tally.failedTransactions} failed`;
  sideIo.err.write(`completed in ${duration(seconds)}: ${figures}\n`);
}

/**
 * Labels the output of one of two concurrent runs: each line starts with `baseline` or `candidate`. The returned output is not a
 * terminal, because two progress lines would overwrite each other.
 */
function labelled(output: Output, side: string, isConcurrent: boolean): Output {
  if (!isConcurrent) return output;
  return {
    ...output,
    isTerminal: false,
    write: (text) => output.write(text.replace(/^(?=.)/gm, `${side}: `)),
  };
}

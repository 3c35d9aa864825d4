import { dirname, resolve } from "node:path";
import { parseJson } from "../../codec/json.js";
import { fileProblem } from "../../files/file-problem.js";
import { readInputFile } from "../../files/input-file.js";
import type { Fleet } from "../../fleet/fleet.js";
import { startFleetWorker } from "../../fleet/fleet-worker.js";
import type { FleetPlan } from "../../fleet/plan/fleet-plan.js";
import type { FleetWorker } from "../../fleet/worker-events.js";
import { oneLine, UsageError } from "../command-failure.js";
import type { Io } from "../terminal/io.js";
import { count, plural } from "../terminal/units.js";

/** Reads a plan from a JSON file. @throws Failure if the file cannot be read; UsageError if it is not JSON */
export async function readPlan(file: string): Promise<{ plan: FleetPlan; baseFolder: string }> {
  let text: string;
  try {
    text = (await readInputFile(file)).toString("utf8");
  } catch (cause) {
    throw fileProblem(`cannot read ${file}`, cause, "no such file");
  }
  try {
    return { plan: parseJson(text) as FleetPlan, baseFolder: dirname(resolve(file)) };
  } catch {
    throw new UsageError(`${file}: not JSON; docs/fleet.md shows a plan`);
  }
}

/** Runs a worker until it has ended or the command is interrupted. Prints a line for each job. */
export async function runWorker(
  options: Parameters<typeof startFleetWorker>[0],
  { err, interrupt }: Pick<Io, "err" | "interrupt">,
): Promise<void> {
  const worker = await startFleetWorker(options);
  reportEvents(worker, (line) => err.write(`${oneLine(line)}\n`));
  const handleInterrupt = (): void => void worker.close();
  interrupt.addEventListener("abort", handleInterrupt, { once: true });
  if (interrupt.aborted) handleInterrupt();
  try {
    await worker.done;
  } finally {
    interrupt.removeEventListener("abort", handleInterrupt);
  }
}

function reportEvents(worker: FleetWorker, print: (line: string) => void): void {
  worker
    .on("started", ({ job }) => print(`${job.id}: started`))
    .on("completed", ({ job, tally }) => print(`${job.id}: completed, ${plural(tally.transactions, "transaction")}`))
    .on("cancelled", ({ job }) => print(`${job.id}: cancelled`))
    .on("failed", ({ job, failure }) => print(`${job.id}: failed: ${failure.message}`))
    .on("retried", ({ job, afterMs, failure }) =>
      print(`${job.id}: retrying in ${count(Math.ceil(afterMs / 1_000))} s: ${failure.message}`),
    )
    .on("released", ({ job }) => print(`${job.id}: returned to the queue; the next worker resumes it`))
    .on("fenced", ({ job }) => print(`${job.id}: taken over by another worker`))
    .on("error", ({ error }) => print(`queue: ${error.message || error.name}`));
}

/** Writes the manifest of a fleet, and returns the number of jobs that have not completed. */
export async function finishFleet(fleet: Fleet): Promise<number> {
  await fleet.writeManifest();
  const { counts } = await fleet.status();
  return fleet.jobs.length - counts.completed;
}

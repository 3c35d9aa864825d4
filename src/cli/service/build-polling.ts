import { setTimeout as delay } from "node:timers/promises";
import { Option } from "commander";
import type { BuildStatus } from "../../client/http/answers.js";
import { oneLine } from "../command-failure.js";
import { EXIT } from "../exit-codes.js";
import { type Io, writeLines } from "../terminal/io.js";
import { between } from "../values.js";

/** The options for waiting until a build or a dataset has ended. */
export interface PollingOptions {
  wait?: true;
  pollSecs: number;
}

/** A job of the service: a build that `bundle build` has requested, or a dataset that `depth measure` has requested. */
interface Job {
  requestId: string;
  status: BuildStatus;
}

/** @param what the name of the job in the help, such as `the build` */
export function pollingOptions(what: string, pollSecs: number): Option[] {
  return [
    new Option("--wait", `wait until ${what} has ended`),
    new Option("--poll-secs <seconds>", "time between two requests of --wait")
      .argParser(between(0.1, 3_600))
      .default(pollSecs, `${pollSecs}`),
  ];
}

/**
 * Reports a job on the standard error. With `--wait`, requests the status until the job has ended, and reports each change.
 *
 * @param ask requests the current status
 */
export async function followJob<T extends Job>(
  first: T,
  { wait, pollSecs }: PollingOptions,
  ask: (requestId: string) => Promise<T>,
  io: Io,
): Promise<T> {
  let job = first;
  const report = (): void => writeLines(io.err, [oneLine(`${job.requestId}: ${job.status}`)]);
  report();
  while (wait && job.status === "in_progress") {
    await delay(pollSecs * 1000, undefined, { signal: io.interrupt });
    const next = await ask(job.requestId);
    const isChanged = next.status !== job.status;
    job = next;
    if (isChanged) report();
  }
  return job;
}

/** Returns the exit code for a job. A job that is neither completed nor in progress counts as failed. */
export function jobExitCode({ status }: Job): number {
  return status === "completed" || status === "in_progress" ? EXIT.ok : EXIT.failed;
}

import { Command, Option } from "commander";
import { stringifyJson } from "../../codec/json.js";
import { createFleet, type Fleet, openFleet } from "../../fleet/fleet.js";
import type { FleetPlan } from "../../fleet/plan/fleet-plan.js";
import type { CommandContext } from "../command-context.js";
import { UsageError } from "../command-failure.js";
import { jsonOption, urlOption } from "../common-options.js";
import { comparisonLines, isFound, type ReportOptions, reportOptions } from "../compare/report-options.js";
import { EXIT } from "../exit-codes.js";
import {
  outOption,
  type PlaceOptions,
  queueOption,
  redisOption,
  simulatorFrom,
  toConnection,
  toPlace,
  toSink,
  workersOption,
} from "../fleet/fleet-options.js";
import { finishFleet, readPlan, runWorker } from "../fleet/fleet-run.js";
import { countsLine, fleetLines } from "../fleet/fleet-table.js";
import { watchFleet } from "../fleet/watch-fleet.js";
import { type Io, writeLines } from "../terminal/io.js";
import { plural } from "../terminal/units.js";
import { between } from "../values.js";

interface RunOptions extends PlaceOptions {
  url?: string;
  workers: number;
  json?: true;
}

interface WorkOptions extends PlaceOptions {
  url?: string;
  workers: number;
  lockTime: number;
}

interface StatusOptions extends PlaceOptions {
  watch?: true;
  json?: true;
}

interface JobsOptions extends PlaceOptions {
  json?: true;
}

type ReportCommandOptions = PlaceOptions & ReportOptions;

const HELP = `
Examples:
  simulator-client fleet run plan.json --out records --workers 4
  simulator-client fleet status --out records --watch
  simulator-client fleet report --out records --fail-on regression --report md
  REDIS_URL=redis://HOST simulator-client fleet run plan.json --out /shared/records
  REDIS_URL=redis://HOST simulator-client fleet work --workers 16

The same \`fleet run\` continues after Ctrl-C, a crash or kill -9: each event is recorded once. Redis needs the packages bullmq
and ioredis. docs/fleet.md describes the plan.

Exit codes: 0 done, 1 failed, or jobs have not completed, 2 invalid command line, 3 found what --fail-on names, 4 nothing to compare,
130 after Ctrl-C.`;

export function fleetCommand(context: CommandContext): Command {
  return new Command("fleet")
    .summary("run many backtests, on one machine or on many")
    .description("Runs every range of a plan with every variant, resumes what was interrupted, and compares the variants.")
    .addCommand(runFleetCommand(context))
    .addCommand(workCommand(context))
    .addCommand(statusCommand(context))
    .addCommand(cancelCommand(context))
    .addCommand(retryCommand(context))
    .addCommand(reportCommand(context))
    .addHelpText("after", HELP);
}

function runFleetCommand({ io, exit }: CommandContext): Command {
  return new Command("run")
    .summary("run a plan, or add it to a queue")
    .description("Runs all jobs of a plan in this process. With --redis, adds them to a queue and returns.")
    .argument("<plan>", "the plan, a JSON file")
    .addOption(urlOption())
    .addOption(outOption())
    .addOption(workersOption())
    .addOption(redisOption())
    .addOption(queueOption())
    .addOption(jsonOption("the number of jobs in each state"))
    .action(async (file: string, options: RunOptions) => {
      const { url, out, redis, workers: concurrency, json } = options;
      const connection = toConnection(options);
      const { plan, baseFolder } = await readPlan(file);
      const simulator = simulatorFrom(io.env);
      const given = { ...withSink(plan, options), ...(url !== undefined && { url }) };
      await using fleet = await createFleet({ connection, plan: given, baseFolder, simulator });
      if (redis === undefined) {
        io.err.write(`${plural(fleet.jobs.length, "job")} in ${out}\n`);
        await runWorker({ connection, concurrency, simulator: { ...simulator, url: given.url } }, io);
        const incomplete = await finishFleet(fleet);
        io.interrupt.throwIfAborted();
        if (incomplete > 0) exit(EXIT.failed);
      }
      await writeCounts(fleet, json, io);
    });
}

function workCommand({ io }: CommandContext): Command {
  return new Command("work")
    .summary("run jobs of a queue until Ctrl-C")
    .description("Runs jobs of all fleets in a queue. SIGTERM detaches from the sessions, and returns the jobs to the queue.")
    .addOption(urlOption())
    .addOption(workersOption())
    .addOption(redisOption())
    .addOption(queueOption())
    .addOption(
      new Option("--lock-time <seconds>", "how long a job keeps its lock after its worker was killed")
        .argParser(between(0.5, 3_600))
        .default(30, "30"),
    )
    .action(async (options: WorkOptions) => {
      const { url, redis, workers: concurrency, lockTime } = options;
      if (redis === undefined) throw new UsageError("--redis is missing: give the address of Redis, or set REDIS_URL");
      const lockMs = Math.round(lockTime * 1_000);
      await runWorker(
        {
          connection: toConnection(options),
          concurrency,
          simulator: simulatorFrom(io.env, url),
          lockMs,
          stalledCheckMs: lockMs,
        },
        io,
      );
      io.interrupt.throwIfAborted();
    });
}

function statusCommand({ io, exit }: CommandContext): Command {
  return new Command("status")
    .summary("show the state of each job")
    .description("Shows the state of each job, as of its last checkpoint.")
    .addOption(outOption())
    .addOption(new Option("--watch", "redraw the table until all jobs are over"))
    .addOption(jsonOption("the state of each job"))
    .action(async ({ watch, json, ...place }: StatusOptions) => {
      await using fleet = await open(place, io);
      const status = watch && !json ? await watchFleet(fleet, io) : await fleet.status();
      if (json) writeLines(io.out, [stringifyJson(status)]);
      else if (!watch) writeLines(io.out, fleetLines(status, io.out.style));
      if (status.counts.failed > 0) exit(EXIT.failed);
    });
}

function cancelCommand({ io }: CommandContext): Command {
  return new Command("cancel")
    .summary("cancel jobs, and close their sessions")
    .description("Cancels jobs that are not over, and closes their sessions. Complete records are kept.")
    .argument("[jobs...]", "the jobs, as in `fleet status`; default: all")
    .addOption(outOption())
    .addOption(redisOption())
    .addOption(queueOption())
    .addOption(jsonOption("the number of cancelled jobs"))
    .action(async (jobs: string[], { json, ...place }: JobsOptions) => {
      await using fleet = await open(place, io);
      const cancelled = await fleet.cancel(jobs.length === 0 ? undefined : jobs);
      writeLines(io.out, [json ? stringifyJson({ cancelled }) : `cancelled ${plural(cancelled, "job")}`]);
    });
}

function retryCommand({ io }: CommandContext): Command {
  return new Command("retry")
    .summary("start failed and cancelled jobs again")
    .description("Resets failed and cancelled jobs. Without --redis, the next `fleet run` runs them.")
    .argument("[jobs...]", "the jobs, as in `fleet status`; default: all")
    .addOption(outOption())
    .addOption(redisOption())
    .addOption(queueOption())
    .addOption(jsonOption("the number of jobs"))
    .action(async (jobs: string[], { json, ...place }: JobsOptions) => {
      await using fleet = await open(place, io);
      const retried = await fleet.retry(jobs.length === 0 ? undefined : jobs);
      writeLines(io.out, [json ? stringifyJson({ retried }) : `${plural(retried, "job")} will start again`]);
    });
}

function reportCommand({ io, exit }: CommandContext): Command {
  const command = new Command("report")
    .summary("compare the variants")
    .description("Compares each variant with the first one, over the ranges that both have completed.")
    .addOption(outOption());
  for (const option of reportOptions()) command.addOption(option);
  return command
    .addOption(jsonOption("one report per line and variant"))
    .action(async ({ report, limit, ignore = [], failOn, idl, json, ...place }: ReportCommandOptions) => {
      await using fleet = await open(place, io);
      await fleet.writeManifest();
      const { baseline, incomplete, variants } = await fleet.report({ limit, ignore, signal: io.interrupt });
      if (incomplete > 0) io.err.write(`${plural(incomplete, "job")} not completed: not in the report\n`);
      for (const { variant, ranges, comparison } of variants) {
        const title = `${variant}, compared with ${baseline} over ${plural(ranges.length, "range")}`;
        const lines =
          comparison === undefined ? undefined : comparisonLines(comparison, { report, idl, json, title }, io.out.style);
        if (json) {
          const start = `{"baseline":${stringifyJson(baseline)},"variant":${stringifyJson(variant)},"report":`;
          writeLines(io.out, [`${start}${lines?.join("") ?? "null"}}`]);
        } else if (report === "md") writeLines(io.out, [...(lines ?? [`## ${title}`, "", "Nothing to compare."]), ""]);
        else writeLines(io.out, [io.out.style("bold", title), ...(lines ?? ["nothing to compare"]), ""]);
      }
      if (variants.length === 0) io.err.write(`the only variant is ${baseline}: nothing to compare\n`);
      const comparisons = variants.flatMap(({ comparison }) => (comparison === undefined ? [] : [comparison]));
      if (comparisons.length === 0) exit(EXIT.nothing);
      else if (comparisons.some((comparison) => isFound(comparison, failOn))) exit(EXIT.found);
    });
}

/**
 * Applies `--out` to a plan. With `--redis`, `--out` replaces the plan's sink. Otherwise, `--out` is a folder, and the plan's sink
 * is removed.
 */
function withSink(plan: FleetPlan, { out, redis }: PlaceOptions): FleetPlan {
  if (out === undefined) return plan;
  const { sink: _, ...rest } = Object(plan) as FleetPlan;
  return redis === undefined ? rest : { ...rest, sink: toSink(out) };
}

function open(options: PlaceOptions, io: Io): Promise<Fleet> {
  const { connection, sink } = toPlace(options);
  return openFleet({ connection, sink, simulator: simulatorFrom(io.env) });
}

async function writeCounts(fleet: Fleet, json: true | undefined, { out }: Io): Promise<void> {
  const { id, counts } = await fleet.status();
  writeLines(out, [json ? stringifyJson({ fleet: id, counts }) : countsLine(counts)]);
}

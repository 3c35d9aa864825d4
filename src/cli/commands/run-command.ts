import { extname, resolve } from "node:path";
import { Command, Option } from "commander";
import type { RecordFormat } from "../../compare/record-formats.js";
import type { CommandContext } from "../command-context.js";
import { UsageError } from "../command-failure.js";
import { jsonOption, urlOption } from "../common-options.js";
import { EXIT, exitCodeOf } from "../exit-codes.js";
import { readIdlFile } from "../files/idl-file.js";
import { interruptedCode } from "../interrupts.js";
import { type RunOutcome, runBacktest } from "../run/backtest.js";
import { changeOptions, checkCombinations, checkInjections, sessionOptions } from "../run/change-options.js";
import { type ChangeOptions, loadChanges } from "../run/changes-files.js";
import { planJson, planLines, reportPlan } from "../run/plan-report.js";
import { addRerouteOptions, type RerouteOptions, toRerouteParams, toVenue } from "../run/reroute-options.js";
import type { RecordTarget, RunPlan, StreamName } from "../run/run-plan.js";
import { resolveTarget } from "../run/run-target.js";
import { differsFromChain, hasFoundNothing, isComplete, nothingFoundWarning, summaryJson, summaryLines } from "../run/summary.js";
import type { RangeOptions } from "../slot-range-options.js";
import { type Io, writeLines } from "../terminal/io.js";
import { address, between, repeated, slot } from "../values.js";

interface RunOptions extends RangeOptions, ChangeOptions, RerouteOptions {
  explain?: true;
  idl?: object[];
  url?: string;
  program?: string[];
  transactions?: true;
  accountDiffs?: true;
  parallel?: true;
  out?: string;
  format?: RecordFormat;
  checkpoint?: string;
  checkpointEvery: number;
  force?: true;
  plan?: true;
  wait?: true;
  json?: true;
  name?: string;
  advanceCount?: bigint;
  replayAccountState?: true;
  failOnDiff?: true;
}

const HELP = `
Examples:
  simulator-client run --url ws://127.0.0.1:4100 --start-slot 300000000 --slots 200
  simulator-client run … --program ADDRESS --out run.ndjson --checkpoint run.checkpoint

With --checkpoint, the same command resumes the run after Ctrl-C, a crash or kill -9, within 15 minutes.
Exit codes: 0 completed, 1 failed or incomplete, 2 invalid command line, 3 found differences, 130 after Ctrl-C.`;

export function runCommand({ io, exit }: CommandContext): Command {
  const command = new Command("run")
    .summary("run a backtest and record it")
    .description("Runs a backtest on any simulator, and records its events.")
    .addOption(urlOption())
    .addOption(new Option("--start-slot <slot>", "first slot").argParser(slot))
    .addOption(new Option("--end-slot <slot>", "last slot, inclusive").argParser(slot))
    .addOption(new Option("--slots <count>", "number of slots, instead of --end-slot; 0 means 1").argParser(slot))
    .addOption(new Option("-p, --program <address>", "subscribe to a program; can be repeated").argParser(repeated(address)))
    .addOption(new Option("--transactions", "record transactions of the programs (default: both)"))
    .addOption(new Option("--account-diffs", "record account changes (default: both)"))
    .addOption(new Option("--parallel", "let the server split the range into sub-ranges that run in parallel"))
    .addOption(new Option("-o, --out <file>", "record to a file (.ndjson, .csv or .parquet); - is the standard output"))
    .addOption(
      new Option("--format <format>", "format of the record, if --out has no known extension").choices([
        "ndjson",
        "csv",
        "parquet",
      ]),
    )
    .addOption(new Option("--checkpoint <file>", "save checkpoints, and resume from an existing file"))
    .addOption(
      new Option("--checkpoint-every <seconds>", "time between two checkpoints").argParser(between(0.1, 600)).default(5, "5"),
    )
    .addOption(new Option("--force", "replace existing files"));
  for (const option of [...changeOptions(), ...sessionOptions()]) command.addOption(option);
  command
    .addOption(
      new Option("--replay-account-state", "replay recorded account states instead of executing transactions").conflicts(
        "extraComputeUnits",
      ),
    )
    .addOption(new Option("--fail-on-diff", "exit with 3 if a transaction differs from the chain"))
    .addOption(new Option("--plan", "print what would be run and what it would cost, and run nothing"))
    .addOption(new Option("--wait", "keep trying for up to 60 s if the simulator cannot be reached; otherwise 5 s"))
    .addOption(new Option("--explain", "print why transactions failed, in words"))
    .addOption(
      new Option("--idl <file>", "an IDL of Anchor or Codama for --explain; can be repeated").argParser(repeated(readIdlFile)),
    );
  return addRerouteOptions(command)
    .addOption(jsonOption("the summary"))
    .addHelpText("after", HELP)
    .action(async (options: RunOptions) => {
      const plan = await toPlan(options, io);
      if (options.plan) {
        const planned = { plan, runs: ["run"], outputs: plan.out === undefined ? [] : [plan.out] };
        const report = await reportPlan(planned, io);
        return writeLines(io.out, options.json ? [planJson(report)] : planLines(report, io.out.style));
      }
      if (plan.out !== undefined && plan.programs.length === 0)
        io.err.write("note: without --program, only slots are recorded\n");
      const outcome = await runBacktest(plan, io);
      const code = interruptedCode(io.interrupt) ?? exitCodeFor(outcome, options);
      exit(code);
      // The program that reads the output has closed the pipe, so nothing can be printed.
      if (code === exitCodeOf("SIGPIPE")) return;
      if (code === EXIT.ok && hasFoundNothing(outcome, plan))
        writeLines(io.alerts, [io.alerts.style("yellow", nothingFoundWarning(plan))]);
      const summary = options.json ? [summaryJson(outcome, plan)] : summaryLines(outcome, plan, io.out.style);
      const stderr = options.json ? io.alerts : io.err;
      const target = plan.out?.file === "-" ? stderr : io.out;
      writeLines(target, summary);
      if (!options.json && outcome.reports?.reroute !== undefined) target.write(outcome.reports.reroute.text);
    });
}

function exitCodeFor(outcome: RunOutcome, { failOnDiff }: RunOptions): number {
  if (!isComplete(outcome)) return EXIT.failed;
  return failOnDiff && differsFromChain(outcome) ? EXIT.found : EXIT.ok;
}

/** @throws UsageError; Failure if a file cannot be read */
async function toPlan(options: RunOptions, io: Io): Promise<RunPlan> {
  const { program: programs = [], checkpoint, parallel: isParallel = false } = options;
  const target = await resolveTarget(options, io);
  const streams = toStreams(options);
  if (programs.length === 0 && (options.transactions || options.accountDiffs)) {
    throw new UsageError(`${options.transactions ? "--transactions" : "--account-diffs"} needs --program ADDRESS`);
  }
  if (checkpoint !== undefined && isParallel) {
    throw new UsageError("--checkpoint cannot be combined with --parallel: parallel runs have no checkpoints");
  }
  const out = toTarget(options);
  if (checkpoint !== undefined && out?.file === "-") {
    throw new UsageError("--checkpoint needs a file in --out: written data cannot be removed from the standard output");
  }
  if (out?.format === "parquet" && (checkpoint !== undefined || out.file === "-")) {
    const [option, reason] =
      checkpoint === undefined ? ["--out -", "it is not text"] : ["--checkpoint", "it cannot be continued"];
    throw new UsageError(`${option} cannot be combined with the format parquet: ${reason}`);
  }
  const reroute = toRerouteParams(options);
  if (options.rerouteReport !== undefined && checkpoint !== undefined) {
    throw new UsageError("--reroute-report cannot be combined with --checkpoint: a resumed run lacks the earlier replacements");
  }
  if (options.idl !== undefined && !options.explain) throw new UsageError("--idl needs --explain");
  checkCombinations(options, { isParallel, ...(checkpoint !== undefined && { checkpoint }) });
  const loaded = await loadChanges(options);
  checkInjections(loaded, target.startSlot, target.endSlot);
  const { name, advanceCount, extraComputeUnits, replayAccountState } = options;
  return {
    ...target,
    changes: loaded.descriptions,
    changed: loaded.changes,
    ...(name !== undefined && { name }),
    ...(advanceCount !== undefined && { advanceCount }),
    ...(extraComputeUnits !== undefined && { extraComputeUnits }),
    ...(replayAccountState !== undefined && { replayAccountState }),
    programs: [...new Set(programs)],
    streams: programs.length === 0 ? [] : streams,
    isParallel,
    out,
    checkpoint: checkpoint === undefined ? undefined : resolve(checkpoint),
    checkpointEveryMs: options.checkpointEvery * 1000,
    mayReplace: options.force ?? false,
    waitsForServer: options.wait ?? false,
    ...(reroute !== undefined && { reroute }),
    reports: {
      explainWith: options.explain ? (options.idl ?? []) : undefined,
      reroute: options.rerouteReport === undefined ? undefined : { venue: toVenue(options) },
    },
  };
}

function toStreams({ transactions, accountDiffs }: RunOptions): StreamName[] {
  const both = !transactions && !accountDiffs;
  return [...(transactions || both ? ["transaction" as const] : []), ...(accountDiffs || both ? ["accountDiff" as const] : [])];
}

const FORMATS: Record<string, RecordFormat> = {
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".csv": "csv",
  ".parquet": "parquet",
};

function toTarget({ out, format }: RunOptions): RecordTarget | undefined {
  if (out === undefined) {
    if (format !== undefined) throw new UsageError("--format needs --out FILE");
    return undefined;
  }
  if (out === "-") return { file: out, format: format ?? "ndjson" };
  const known = format ?? FORMATS[extname(out).toLowerCase()];
  if (known === undefined) {
    throw new UsageError(`--out ${out}: unknown extension; use .ndjson, .jsonl, .csv or .parquet, or add --format`);
  }
  return { file: resolve(out), format: known };
}

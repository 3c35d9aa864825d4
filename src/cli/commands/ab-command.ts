import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { UsageError } from "../command-failure.js";
import { jsonOption, urlOption } from "../common-options.js";
import { type AbPlan, runAbTest } from "../compare/ab-test.js";
import { isFound, type ReportOptions, reportOptions, writeReport } from "../compare/report-options.js";
import { EXIT } from "../exit-codes.js";
import { changeOptions, checkCombinations, checkInjections, sessionOptions } from "../run/change-options.js";
import { type ChangeOptions, loadChanges } from "../run/changes-files.js";
import { type PlannedRuns, planJson, planLines, reportPlan } from "../run/plan-report.js";
import { resolveTarget } from "../run/run-target.js";
import type { RangeOptions } from "../slot-range-options.js";
import { type Io, writeLines } from "../terminal/io.js";
import { address, repeated, slot, slotCount } from "../values.js";

interface AbOptions extends RangeOptions, ChangeOptions, ReportOptions {
  url?: string;
  program?: string[];
  parallel?: true;
  concurrent?: true;
  baseline?: string;
  out?: string;
  name?: string;
  advanceCount?: bigint;
  force?: true;
  plan?: true;
  wait?: true;
}

const HELP = `
The baseline is run without changes, the candidate with the changes of --program-so, --account-overrides, --inject and
--extra-compute-units. Both are recorded, and the records compared as \`compare\` does: A is the baseline, B the candidate.
Without --program, the transactions of the replaced programs are recorded.

Examples:
  simulator-client ab --url wss://HOST --start-slot 300000000 --slots 500 --program-so ADDRESS=target/deploy/program.so
  simulator-client ab … --program-so ADDRESS=program.so --fail-on regression --report md > report.md
  simulator-client ab … --program ADDRESS --account-overrides accounts.json --out records
  simulator-client ab … --program-so ADDRESS=program.so --baseline records/baseline.ndjson   (runs the candidate only)

Exit codes: 0 compared, 1 failed, 2 invalid command line, 3 found what --fail-on names, 4 nothing to compare, 130 after Ctrl-C.`;

export function abCommand({ io, exit }: CommandContext): Command {
  const command = new Command("ab")
    .summary("run a backtest without and with changes, and show the differences")
    .description("Runs a baseline and a changed candidate over the same slots, and compares them.")
    .addOption(urlOption())
    .addOption(new Option("--start-slot <slot>", "first slot").argParser(slot))
    .addOption(new Option("--end-slot <slot>", "last slot, inclusive").argParser(slot))
    .addOption(new Option("--slots <count>", "number of slots, instead of --end-slot").argParser(slotCount))
    .addOption(
      new Option("-p, --program <address>", "record the transactions of a program; can be repeated").argParser(repeated(address)),
    );
  for (const option of [...changeOptions(), ...sessionOptions()]) command.addOption(option);
  command
    .addOption(new Option("--baseline <file>", "use this record as the baseline, and run only the candidate"))
    .addOption(new Option("--parallel", "let the server split the range into sub-ranges that run in parallel"))
    .addOption(new Option("--concurrent", "run the baseline and the candidate at the same time"))
    .addOption(new Option("-o, --out <folder>", "keep the records in this folder: baseline.ndjson and candidate.ndjson"));
  for (const option of reportOptions()) command.addOption(option);
  return command
    .addOption(new Option("--force", "replace existing files"))
    .addOption(new Option("--plan", "print what would be run and what it would cost, and run nothing"))
    .addOption(new Option("--wait", "keep trying for up to 60 s if the simulator cannot be reached; otherwise 5 s"))
    .addOption(jsonOption("the report"))
    .addHelpText("after", HELP)
    .action(async (options: AbOptions) => {
      const plan = await toPlan(options, io);
      if (options.plan) {
        const report = await reportPlan(plannedRuns(plan), io);
        return writeLines(io.out, options.json ? [planJson(report)] : planLines(report, io.out.style));
      }
      const comparison = await runAbTest(plan, io);
      writeReport(comparison, options, io);
      exit(isFound(comparison, options.failOn) ? EXIT.found : EXIT.ok);
    });
}

/** @throws UsageError; Failure if a file cannot be read */
async function toPlan(options: AbOptions, io: Io): Promise<AbPlan> {
  const { parallel: isParallel = false, concurrent: isConcurrent = false, baseline, programSo = [] } = options;
  const target = await resolveTarget(options, io);
  checkCombinations(options, { isParallel });
  if (isConcurrent && baseline !== undefined)
    throw new UsageError("--concurrent and --baseline exclude each other: with --baseline, only the candidate is run");
  const loaded = await loadChanges(options);
  checkInjections(loaded, target.startSlot, target.endSlot);
  if (loaded.descriptions.length === 0) {
    throw new UsageError(
      "nothing is changed: add --program-so, --account-overrides, --inject or --extra-compute-units to change the candidate",
    );
  }
  const programs = options.program ?? programSo.map(({ program }) => program);
  if (programs.length === 0) throw new UsageError("--program is missing: name a program whose transactions are compared");
  const { name, advanceCount, extraComputeUnits, out, limit, ignore = [] } = options;
  return {
    session: {
      ...target,
      programs: [...new Set(programs)],
      streams: ["transaction"],
      isParallel,
      checkpoint: undefined,
      checkpointEveryMs: 0,
      mayReplace: options.force ?? false,
      waitsForServer: options.wait ?? false,
      ...(advanceCount !== undefined && { advanceCount }),
    },
    candidate: {
      changes: loaded.descriptions,
      changed: loaded.changes,
      ...(extraComputeUnits !== undefined && { extraComputeUnits }),
    },
    name,
    baseline,
    isConcurrent,
    folder: out,
    limit,
    ignore,
  };
}

/** Returns the content for `--plan`: the runs of an A/B test, and the files for their records. */
function plannedRuns({ session, candidate, baseline, folder }: AbPlan): PlannedRuns {
  const runs = baseline === undefined ? ["baseline", "candidate"] : ["candidate"];
  const outputs = folder === undefined ? [] : runs.map((run) => ({ file: resolve(folder, `${run}.ndjson`), format: "ndjson" }));
  return { plan: { ...session, ...candidate }, runs, outputs };
}

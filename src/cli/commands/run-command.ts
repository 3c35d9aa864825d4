import { extname, resolve } from "node:path";
import { Command, Option } from "commander";
import { U64_MAX } from "../../protocol/scalars.js";
import type { CommandContext } from "../command-context.js";
import { UsageError } from "../command-failure.js";
import { jsonOption, urlOption } from "../common-options.js";
import { EXIT, exitCodeOf } from "../exit-codes.js";
import { interruptedCode } from "../interrupts.js";
import { runBacktest } from "../run/backtest.js";
import type { RecordFormat, RecordTarget, RunPlan, StreamName } from "../run/run-plan.js";
import { isWhole, summaryJson, summaryLines } from "../run/summary.js";
import { address, between, repeated, slot } from "../values.js";

interface RunOptions {
  url?: string;
  startSlot?: bigint;
  endSlot?: bigint;
  slots?: bigint;
  program?: string[];
  transactions?: true;
  accountDiffs?: true;
  parallel?: true;
  out?: string;
  format?: RecordFormat;
  checkpoint?: string;
  checkpointEvery: number;
  json?: true;
}

const HELP = `
Examples:
  simulator-client run --url ws://127.0.0.1:4100 --start-slot 300000000 --slots 200
  simulator-client run --url wss://HOST --start-slot 300000000 --slots 5000 --program ADDRESS --out run.ndjson
  simulator-client run --url wss://HOST --start-slot 300000000 --end-slot 300099999 --parallel --program ADDRESS --out run.csv
  simulator-client run … --out run.ndjson --checkpoint run.checkpoint   and, after a crash, the same once more
  simulator-client run … --out - | jq 'select(.type == "transaction") | .signature'

The record is written to FILE.partial, and is FILE once all of it is there. With --checkpoint the same command goes on where an
earlier one was, with nothing lost and nothing twice: after Ctrl-C, a crash, or kill -9, as long as the server keeps the session
(15 minutes at most).

Ctrl-C closes the session in good order, or with --checkpoint leaves it to be resumed; a second one ends at once.
Exit codes: 0 completed, 1 failed or something is missing, 2 the command line can't be meant, 130 after Ctrl-C.`;

export function runCommand({ io, exit }: CommandContext): Command {
  return new Command("run")
    .summary("run a backtest and record it")
    .description("Runs a backtest to its end, on any simulator, and records what came of it.")
    .addOption(urlOption())
    .addOption(new Option("--start-slot <slot>", "first slot").argParser(slot))
    .addOption(new Option("--end-slot <slot>", "last slot").argParser(slot))
    .addOption(new Option("--slots <count>", "slots after the first one, in place of --end-slot").argParser(slot))
    .addOption(new Option("-p, --program <address>", "watch a program; can be given more than once").argParser(repeated(address)))
    .addOption(new Option("--transactions", "of the programs, watch the transactions; both by default"))
    .addOption(new Option("--account-diffs", "of the programs, watch the changes of their accounts"))
    .addOption(new Option("--parallel", "let the server split the range into parts that run side by side"))
    .addOption(new Option("-o, --out <file>", "record to a file, as its extension says; - is the standard output"))
    .addOption(new Option("--format <format>", "format of the record, whatever the extension").choices(["ndjson", "csv"]))
    .addOption(new Option("--checkpoint <file>", "save how far it is, and go on from there if the file is there"))
    .addOption(new Option("--checkpoint-every <seconds>", "how often it is saved").argParser(between(0.1, 600)).default(5, "5"))
    .addOption(jsonOption("the summary"))
    .addHelpText("after", HELP)
    .action(async (options: RunOptions) => {
      const plan = toPlan(options);
      if (plan.out !== undefined && plan.programs.length === 0) io.err.write("without --program there are but slots to record\n");
      const outcome = await runBacktest(plan, io);
      const code = interruptedCode(io.interrupt) ?? (isWhole(outcome) ? EXIT.ok : EXIT.failed);
      exit(code);
      // Nobody reads any more.
      if (code === exitCodeOf("SIGPIPE")) return;
      const summary = options.json ? [summaryJson(outcome, plan)] : summaryLines(outcome, plan, io.out.style);
      const summaryOut = plan.out?.file === "-" ? io.err : io.out;
      summaryOut.write(`${summary.join("\n")}\n`);
    });
}

/** @throws UsageError */
function toPlan(options: RunOptions): RunPlan {
  const { url, startSlot, program: programs = [], checkpoint, parallel: isParallel = false } = options;
  if (url === undefined) throw new UsageError("--url is missing: give the simulator's address, or set SIMULATOR_URL");
  if (startSlot === undefined) throw new UsageError("--start-slot is missing: `simulator-client ranges` tells what there is");
  const streams = toStreams(options);
  if (programs.length === 0 && (options.transactions || options.accountDiffs)) {
    throw new UsageError(`${options.transactions ? "--transactions" : "--account-diffs"} needs --program ADDRESS: whose?`);
  }
  if (checkpoint !== undefined && isParallel) {
    throw new UsageError("--checkpoint and --parallel can't be had together: a parallel run has no checkpoints");
  }
  const out = toTarget(options);
  if (checkpoint !== undefined && out?.file === "-") {
    throw new UsageError("--checkpoint needs a file in --out: from the standard output nothing can be taken back");
  }
  return {
    url,
    startSlot,
    endSlot: toEndSlot(startSlot, options),
    programs: [...new Set(programs)],
    streams: programs.length === 0 ? [] : streams,
    isParallel,
    out,
    checkpoint: checkpoint === undefined ? undefined : resolve(checkpoint),
    checkpointEveryMs: options.checkpointEvery * 1000,
  };
}

function toEndSlot(startSlot: bigint, { endSlot, slots }: RunOptions): bigint {
  if (endSlot !== undefined && slots !== undefined) throw new UsageError("--end-slot and --slots say the same: give one of them");
  if (endSlot === undefined && slots === undefined) throw new UsageError("--slots or --end-slot is missing: where does it end?");
  const end = endSlot ?? startSlot + (slots ?? 0n);
  if (end < startSlot) throw new UsageError(`--end-slot ${end} lies before --start-slot ${startSlot}`);
  if (end > U64_MAX) throw new UsageError(`--slots: the last slot would be ${end}, over ${U64_MAX}`);
  return end;
}

function toStreams({ transactions, accountDiffs }: RunOptions): StreamName[] {
  const both = !transactions && !accountDiffs;
  return [...(transactions || both ? ["transaction" as const] : []), ...(accountDiffs || both ? ["accountDiff" as const] : [])];
}

const FORMATS: Record<string, RecordFormat> = { ".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv" };

function toTarget({ out, format }: RunOptions): RecordTarget | undefined {
  if (out === undefined) {
    if (format !== undefined) throw new UsageError("--format needs --out FILE: the format of what?");
    return undefined;
  }
  if (out === "-") return { file: out, format: format ?? "ndjson" };
  const known = format ?? FORMATS[extname(out).toLowerCase()];
  if (known === undefined) {
    throw new UsageError(`--out ${out}: its extension tells no format: take .ndjson or .csv, or give --format`);
  }
  return { file: resolve(out), format: known };
}

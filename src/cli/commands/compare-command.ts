import { Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { jsonOption } from "../common-options.js";
import { compareRecords } from "../compare/compare-records.js";
import { isFound, type ReportOptions, reportOptions, writeReport } from "../compare/report-options.js";
import { EXIT } from "../exit-codes.js";

interface CompareCommandOptions extends ReportOptions {
  failOnDiff?: true;
}

const HELP = `
Transactions are matched by their signature. Each counts once, as the first of these kinds that applies:
  regression    succeeded in A, failed in B
  improvement   failed in A, succeeded in B
  error         failed in both, with different errors
  balance       lamports or token balances differ
  log           the logs differ
  computeUnits  the compute units differ
  fee           the fee differs
  order         in another slot, or at another position among the transactions of its slot
  missing       only in A
  extra         only in B

Examples:
  simulator-client compare before.ndjson after.ndjson
  simulator-client compare before.ndjson after.ndjson --ignore log --fail-on regression
  simulator-client compare before.ndjson after.ndjson --report md > report.md
  simulator-client compare before.ndjson after.ndjson --json | jq .counts

Exit codes: 0 compared, 1 failed, 2 invalid command line, 3 found what --fail-on names, 4 nothing to compare.`;

export function compareCommand({ io, exit }: CommandContext): Command {
  const command = new Command("compare")
    .summary("show the differences between two recorded runs")
    .description("Compares two records of `run --out FILE.ndjson` or of `sim run`, transaction by transaction.")
    .argument("<a>", "the first record; - is the standard input")
    .argument("<b>", "the second record");
  for (const option of reportOptions()) command.addOption(option);
  return command
    .addOption(new Option("--fail-on-diff", "the same as --fail-on diff"))
    .addOption(jsonOption("the report"))
    .addHelpText("after", HELP)
    .action(async (a: string, b: string, options: CompareCommandOptions) => {
      const { limit, ignore = [], failOnDiff } = options;
      const comparison = await compareRecords(a, b, { limit, ignore, signal: io.interrupt });
      writeReport(comparison, options, io);
      exit(isFound(comparison, failOnDiff ? "diff" : options.failOn) ? EXIT.found : EXIT.ok);
    });
}

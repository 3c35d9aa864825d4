import { Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { jsonOption } from "../common-options.js";
import { compareRecords } from "../compare/compare-records.js";
import { reportJson, reportLines } from "../compare/comparison-report.js";
import { DIFFERENCE_KINDS, type DifferenceKind } from "../compare/difference.js";
import { findMismatches } from "../compare/recorded-run.js";
import { EXIT } from "../exit-codes.js";
import { writeLines } from "../terminal/io.js";
import { oneOf, repeated, whole } from "../values.js";

interface CompareCommandOptions {
  ignore?: DifferenceKind[];
  limit: number;
  failOnDiff?: true;
  json?: true;
}

const HELP = `
Transactions are matched by their signature. Each counts once, as the first of these kinds that applies:
  regression   succeeded in A, failed in B
  improvement  failed in A, succeeded in B
  error        failed in both, with different errors
  balance      lamports or token balances differ
  log          only the logs differ
  missing      only in A
  extra        only in B

Examples:
  simulator-client compare before.ndjson after.ndjson
  simulator-client compare before.ndjson after.ndjson --ignore log --fail-on-diff
  simulator-client compare before.ndjson after.ndjson --json | jq .counts

Exit codes: 0 compared, 1 not comparable or, with --fail-on-diff, different, 2 invalid command line.`;

export function compareCommand({ io, exit }: CommandContext): Command {
  return new Command("compare")
    .summary("show the differences between two recorded runs")
    .description("Compares two records of `run --out FILE.ndjson`, transaction by transaction.")
    .argument("<a>", "the first record")
    .argument("<b>", "the second record")
    .addOption(
      new Option("--ignore <kind>", "ignore a kind of difference; can be repeated").argParser(repeated(oneOf(DIFFERENCE_KINDS))),
    )
    .addOption(
      new Option("--limit <count>", "number of differences to show of each kind").argParser(whole(0, 100_000)).default(20, "20"),
    )
    .addOption(new Option("--fail-on-diff", "exit with 1 if there is a difference"))
    .addOption(jsonOption("the report"))
    .addHelpText("after", HELP)
    .action(async (a: string, b: string, options: CompareCommandOptions) => {
      const { limit, ignore: ignored = [], json, failOnDiff } = options;
      const compared = await compareRecords(a, b, { limit, ignored, interrupt: io.interrupt });
      const warnings = findMismatches(compared.a, compared.b);
      if (json) {
        writeLines(io.out, [reportJson(compared, warnings)]);
      } else {
        for (const warning of warnings) writeLines(io.err, [`${io.err.style("yellow", "note:")} ${warning}`]);
        writeLines(io.out, reportLines(compared, io.out.style));
      }
      exit(failOnDiff && compared.comparison.total > 0 ? EXIT.failed : EXIT.ok);
    });
}

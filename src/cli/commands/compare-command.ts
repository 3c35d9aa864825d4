import { Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { jsonOption } from "../common-options.js";
import { compareRecords } from "../compare/compare-records.js";
import { reportJson, reportLines } from "../compare/comparison-report.js";
import { DIFFERENCE_KINDS, type DifferenceKind } from "../compare/difference.js";
import { findMismatches } from "../compare/recorded-run.js";
import { EXIT } from "../exit-codes.js";
import { oneOf, repeated, whole } from "../values.js";

interface CompareCommandOptions {
  ignore?: DifferenceKind[];
  limit: number;
  failOnDiff?: true;
  json?: true;
}

const HELP = `
A transaction of both runs is told by its signature and counts once, by the first of these that fits:
  regression   succeeded in A, fails in B
  improvement  failed in A, succeeds in B
  error        fails in both, with another error
  balance      lamports or token balances after it differ
  log          its logs alone differ
  missing      in A alone
  extra        in B alone

Examples:
  simulator-client compare before.ndjson after.ndjson
  simulator-client compare before.ndjson after.ndjson --ignore log --fail-on-diff
  simulator-client compare before.ndjson after.ndjson --json | jq .counts

Exit codes: 0 compared, 1 they can't be compared, or differ with --fail-on-diff, 2 the command line can't be meant.`;

export function compareCommand({ io, exit }: CommandContext): Command {
  return new Command("compare")
    .summary("tell what differs between two recorded runs")
    .description("Compares two runs that `run --out FILE.ndjson` has recorded, transaction by transaction.")
    .argument("<a>", "the run to compare with")
    .argument("<b>", "the run that is compared")
    .addOption(
      new Option("--ignore <kind>", "leave out a kind of difference; can be given more than once").argParser(
        repeated(oneOf(DIFFERENCE_KINDS)),
      ),
    )
    .addOption(new Option("--limit <count>", "differences of each kind to show").argParser(whole(0, 100_000)).default(20, "20"))
    .addOption(new Option("--fail-on-diff", "exit with 1 if there is a difference"))
    .addOption(jsonOption("the report"))
    .addHelpText("after", HELP)
    .action(async (a: string, b: string, options: CompareCommandOptions) => {
      const { limit, ignore: ignored = [], json, failOnDiff } = options;
      const compared = await compareRecords(a, b, { limit, ignored, interrupt: io.interrupt });
      const warnings = findMismatches(compared.a, compared.b);
      if (json) {
        io.out.write(`${reportJson(compared, warnings)}\n`);
      } else {
        for (const warning of warnings) io.err.write(`${io.err.style("yellow", "note:")} ${warning}\n`);
        io.out.write(`${reportLines(compared, io.out.style).join("\n")}\n`);
      }
      exit(failOnDiff && compared.comparison.total > 0 ? EXIT.failed : EXIT.ok);
    });
}

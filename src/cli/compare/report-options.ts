import { Option } from "commander";
import type { Comparison } from "../../compare/comparison.js";
import { comparisonMarkdown } from "../../compare/comparison-markdown.js";
import { DIFFERENCE_KINDS, type DifferenceKind } from "../../compare/transaction-difference.js";
import type { FailedOutcome } from "../../compare/transaction-failure.js";
import { describeError } from "../../explain/index.js";
import { readIdlFile } from "../files/idl-file.js";
import type { Io } from "../terminal/io.js";
import { writeLines } from "../terminal/io.js";
import type { Style } from "../terminal/style.js";
import { integer, oneOf, repeated } from "../values.js";
import { reportJson, reportLines } from "./comparison-report.js";

const FAIL_ON = ["regression", "diff"] as const;
const REPORTS = ["text", "md"] as const;

/** The options for the report of a comparison. */
export interface ReportOptions {
  ignore?: DifferenceKind[];
  limit: number;
  failOn?: (typeof FAIL_ON)[number];
  report: (typeof REPORTS)[number];
  /** IDLs that are used to describe failures. */
  idl?: object[];
  json?: true;
}

export function reportOptions(): Option[] {
  return [
    new Option("--ignore <kind>", "ignore a kind of difference; can be repeated").argParser(repeated(oneOf(DIFFERENCE_KINDS))),
    new Option("--limit <count>", "number of differences to show of each kind").argParser(integer(0, 100_000)).default(20, "20"),
    new Option("--fail-on <what>", "exit with 3 if there is a regression, or any difference: regression or diff").argParser(
      oneOf(FAIL_ON),
    ),
    new Option("--report <form>", "form of the report: text, or md for GitHub-flavoured Markdown")
      .argParser(oneOf(REPORTS))
      .default("text", "text"),
    new Option("--idl <file>", "an IDL of Anchor or Codama, for the reasons of failures; can be repeated").argParser(
      repeated(readIdlFile),
    ),
  ];
}

/** Returns a function that explains a failed transaction with the given IDLs. */
function explainWith(idls: readonly object[]): (outcome: FailedOutcome) => string | undefined {
  return (outcome) => explainOutcome(outcome, idls);
}

function explainOutcome({ transaction, failure }: FailedOutcome, idls: readonly object[]): string | undefined {
  const error = transaction === undefined ? undefined : describeError(transaction, { idls });
  if (error === undefined) return undefined;
  // The name of the failed instruction. If the failed run did not log the name, the name comes from the logs of the other run.
  const { name } = failure ?? {};
  return name === undefined || error.text.toLowerCase().includes(name.toLowerCase()) ? error.text : `${error.text} in ${name}`;
}

/** Whether a comparison contains a difference that `--fail-on` treats as a failure. */
export function isFound({ summary }: Comparison, failOn: ReportOptions["failOn"]): boolean {
  if (failOn === undefined) return false;
  return (failOn === "regression" ? summary.counts.regression : summary.different) > 0;
}

export function writeReport(comparison: Comparison, options: ReportOptions, io: Io): void {
  if (!options.json && options.report !== "md") {
    for (const warning of comparison.summary.warnings) {
      writeLines(io.err, [`${io.err.style("yellow", "note:")} ${warning}`]);
    }
  }
  writeLines(io.out, comparisonLines(comparison, options, io.out.style));
}

/** Formats a comparison in the format of the options. `title` is the heading of a Markdown report. */
export function comparisonLines(
  comparison: Comparison,
  { report, idl = [], json, title }: Pick<ReportOptions, "report" | "idl" | "json"> & { title?: string },
  style: Style,
): string[] {
  const explain = explainWith(idl);
  if (json) return [reportJson(comparison, explain)];
  if (report !== "md") return reportLines(comparison, style, explain);
  const markdown = comparisonMarkdown(comparison, { explain, ...(title !== undefined && { title }) });
  return markdown.trimEnd().split("\n");
}

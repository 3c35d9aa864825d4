import { requireObject, requireOptions } from "../protocol/arguments.js";
import type { Comparison, RunFacts } from "./comparison.js";
import type { ProfitAndLoss } from "./profit-and-loss.js";
import {
  DIFFERENCE_KINDS,
  type DifferenceKind,
  type RecordedOutcome,
  type TransactionDifference,
} from "./transaction-difference.js";
import { type ExplainFailure, failureText } from "./transaction-failure.js";

/** Options of `comparisonMarkdown`. */
export interface MarkdownOptions {
  /** The heading. @default "Backtest comparison" */
  title?: string;
  /** Maximum number of rows in each table. @default 20 */
  rows?: number;
  /** Returns a text that explains why a transaction failed. @default the explanation from its result and its logs */
  explain?: ExplainFailure;
}

/** Maximum length of the report in characters, because GitHub refuses comments with more than 65,536 characters. */
const MAX_LENGTH = 60_000;
const MAX_CELL = 300;

const COUNT_NAMES: Record<DifferenceKind, string> = {
  regression: "regressions: succeeded in A, failed in B",
  improvement: "fixes: failed in A, succeeded in B",
  error: "other errors: failed in both, with different errors",
  balance: "different balances",
  log: "different logs",
  computeUnits: "different compute units",
  fee: "different fees",
  order: "different order",
  missing: "missing: only in A",
  extra: "extra: only in B",
};

/**
 * Formats a comparison as GitHub-flavoured Markdown, for a comment or for the description of a pull request. Text from the
 * records is escaped. The result is short enough for a comment.
 *
 * @example await writeFile("report.md", comparisonMarkdown(await compareRuns(a, b)));
 */
export function comparisonMarkdown(comparison: Comparison, options: MarkdownOptions = {}): string {
  requireObject(comparison, "comparison", "the result of compareRuns");
  requireObject(comparison.summary, "comparison", "the result of compareRuns");
  requireOptions(options, ["title", "rows", "explain"]);
  let { rows = 20 } = options;
  let text = render(comparison, options, rows);
  for (; text.length > MAX_LENGTH && rows > 1; text = render(comparison, options, rows)) rows = Math.floor(rows / 2);
  return text;
}

function render(comparison: Comparison, { title = "Backtest comparison", explain = failureText }: MarkdownOptions, rows: number) {
  const { summary, regressions, fixes, errors, missing, extra, balances, logs, computeUnits, fees, order } = comparison;
  const { a, b, same, different, counts, kinds, pnl, warnings } = summary;
  const why = (outcome: RecordedOutcome | undefined): string => {
    if (outcome === undefined || outcome.err === null) return "";
    return code(explain(outcome) ?? failureText(outcome));
  };
  const place = ({ slot, signature }: { slot: bigint; signature: string }): string[] => [`${slot}`, code(signature)];
  const section = (name: string, total: number, head: string[], lines: string[][]): string[] => {
    if (lines.length === 0) return [];
    const shown = lines.slice(0, rows);
    const more = total > shown.length ? ["", `… and ${total - shown.length} more.`] : [];
    return ["", `### ${name} (${total})`, "", ...table(head, shown), ...more];
  };
  const changedPnl = pnl.filter(({ change }) => change !== 0n);
  return [
    `## ${plainText(title)}`,
    "",
    `- **A**: ${facts(a)}`,
    `- **B**: ${facts(b)}`,
    ...warnings.map((warning) => `- **Note**: ${plainText(warning)}`),
    "",
    ...table(
      ["", "transactions"],
      [
        ["same", `${same}`],
        ["different", `${different}`],
        ...DIFFERENCE_KINDS.filter((kind) => counts[kind] > 0).map((kind) => [COUNT_NAMES[kind], `${counts[kind]}`]),
      ],
    ),
    ...section(
      "Regressions",
      counts.regression,
      ["slot", "transaction", "why it fails in B"],
      withWhy(regressions, "b", place, why),
    ),
    ...section("Fixes", counts.improvement, ["slot", "transaction", "why it failed in A"], withWhy(fixes, "a", place, why)),
    ...section(
      "Other errors",
      counts.error,
      ["slot", "transaction", "A", "B"],
      errors.map((one) => [...place(one), why(one.a), why(one.b)]),
    ),
    ...section(
      "Balances after the transactions",
      balances.length,
      ["slot", "transaction", "account", "owner", "unit", "A", "B", "B − A"],
      balances.map((one) => [
        ...place(one),
        ...accountCells(one),
        one.a === undefined ? "none" : `${one.a}`,
        one.b === undefined ? "none" : `${one.b}`,
        signed((one.b ?? 0n) - (one.a ?? 0n)),
      ]),
    ),
    ...section(
      "Profit and loss by account",
      changedPnl.length,
      ["account", "owner", "unit", "A", "B", "B − A"],
      changedPnl.map((row) => [...accountCells(row), signed(row.a), signed(row.b), signed(row.change)]),
    ),
    ...section(
      "Logs",
      kinds.log,
      ["slot", "transaction", "line", "A", "B"],
      logs.map((one) => [...place(one), `${one.line + 1}`, code(one.a ?? ""), code(one.b ?? "")]),
    ),
    ...section(
      "Compute units",
      kinds.computeUnits,
      ["slot", "transaction", "A", "B", "B − A"],
      computeUnits.map((one) => [...place(one), `${one.a}`, `${one.b}`, signed(one.b - one.a)]),
    ),
    ...section(
      "Fees in lamports",
      kinds.fee,
      ["slot", "transaction", "A", "B", "B − A"],
      fees.map((one) => [...place(one), `${one.a}`, `${one.b}`, signed(one.b - one.a)]),
    ),
    ...section(
      "Order",
      kinds.order,
      ["slot", "transaction", "A", "B"],
      order.map((one) => [...place(one), position(one.a), position(one.b)]),
    ),
    ...section("Missing in B", counts.missing, ["slot", "transaction", "why it failed in A"], withWhy(missing, "a", place, why)),
    ...section("Only in B", counts.extra, ["slot", "transaction", "why it fails in B"], withWhy(extra, "b", place, why)),
    "",
  ].join("\n");
}

function withWhy(
  differences: readonly TransactionDifference[],
  side: "a" | "b",
  place: (difference: TransactionDifference) => string[],
  why: (outcome: RecordedOutcome | undefined) => string,
): string[][] {
  return differences.map((one) => [...place(one), why(one[side])]);
}

function facts({ name, transactions, failed, header: { changes = [] } }: RunFacts): string {
  const changed = changes.length === 0 ? "" : `; changed: ${changes.map(code).join(", ")}`;
  return `${code(name)}, ${transactions} transactions, ${failed} failed${changed}`;
}

function accountCells({ account, owner, mint }: Pick<ProfitAndLoss, "account" | "owner" | "mint">): string[] {
  return [code(account), code(owner ?? ""), mint === undefined ? "lamports" : code(mint)];
}

function position({ slot, index }: { slot: bigint; index?: number }): string {
  return index === undefined ? `${slot}` : `${slot}, ${index}`;
}

function signed(value: bigint): string {
  return value > 0n ? `+${value}` : `${value}`;
}

/** Formats a table. Columns with numbers are aligned to the right. */
function table(head: readonly string[], rows: readonly string[][]): string[] {
  const isNumeric = head.map((_, column) => rows.every((row) => /^[+-]?\d*$/.test(row[column] ?? "")));
  return [
    `| ${head.join(" | ")} |`,
    `| ${isNumeric.map((numeric) => (numeric ? "---:" : "---")).join(" | ")} |`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ];
}

/** Formats text from a record as code, so that it is not interpreted as markup, a link or a mention. */
function code(text: string): string {
  const line = cut(withoutControls(text));
  if (line === "") return "";
  // In a table, backticks and pipes would end a code span.
  return /[`|\\]/.test(line) ? `<code>${entities(line)}</code>` : `\`${line}\``;
}

function plainText(text: string): string {
  return entities(cut(withoutControls(text)));
}

/**
 * Escapes all characters except letters, digits and a few signs. Markdown shows an escaped character as plain text. For example, an
 * escaped URL does not become a link.
 */
function entities(text: string): string {
  return text.replace(/[^\p{L}\p{N} ,()-]/gu, (character) => `&#${character.codePointAt(0)};`);
}

function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

function cut(text: string): string {
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text;
}

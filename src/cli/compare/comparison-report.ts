import { stringifyJson } from "../../codec/json.js";
import { type Comparison, firstDifferentLog, type RunFacts } from "../../compare/comparison.js";
import type { ProfitAndLoss } from "../../compare/profit-and-loss.js";
import {
  type BalanceDifference,
  DIFFERENCE_KINDS,
  type DifferenceKind,
  type RecordedOutcome,
  type TransactionDifference,
} from "../../compare/transaction-difference.js";
import { type ExplainFailure, failureText } from "../../compare/transaction-failure.js";
import type { Style } from "../terminal/style.js";
import { count } from "../terminal/units.js";

const TITLES: Record<DifferenceKind, [name: string, meaning: string]> = {
  regression: ["regressions", "succeeded in A, failed in B"],
  improvement: ["improvements", "failed in A, succeeded in B"],
  error: ["other errors", "failed in both, with different errors"],
  balance: ["balances", "balances differ"],
  log: ["logs", "the logs differ"],
  computeUnits: ["compute units", "only the compute units differ"],
  fee: ["fees", "only the fee differs"],
  order: ["order", "in another slot, or at another position in its slot"],
  missing: ["missing", "only in A"],
  extra: ["extra", "only in B"],
};

const COLOURS: Partial<Record<DifferenceKind, "red" | "green" | "yellow">> = {
  regression: "red",
  improvement: "green",
  missing: "red",
};

/** Maximum number of accounts in the table of profit and loss. */
const PNL_ROWS = 10;

/** Formats the differences as readable text. */
export function reportLines({ summary, differences }: Comparison, style: Style, explain: ExplainFailure = failureText): string[] {
  const { a, b, same, counts, pnl } = summary;
  const rows: [string, number, string, "red" | "green" | "yellow" | undefined][] = [
    ["same", same, "", undefined],
    ...DIFFERENCE_KINDS.map((kind): [string, number, string, "red" | "green" | "yellow"] => [
      TITLES[kind][0],
      counts[kind],
      TITLES[kind][1],
      COLOURS[kind] ?? "yellow",
    ]),
  ];
  const width = Math.max(...rows.map(([, figure]) => count(figure).length));
  const lines = [
    `A  ${describeFacts(a)}`,
    `B  ${describeFacts(b)}`,
    "",
    ...rows.map(([name, figure, meaning, colour]) => {
      const cell = count(figure).padStart(width);
      return `  ${name.padEnd(14)}${colour !== undefined && figure > 0 ? style(colour, cell) : cell}  ${style("dim", meaning)}`.trimEnd();
    }),
  ];
  for (const kind of DIFFERENCE_KINDS) {
    const ofKind = differences.filter((difference) => difference.kind === kind);
    if (ofKind.length === 0) continue;
    const [name] = TITLES[kind];
    const isAll = ofKind.length === counts[kind];
    lines.push("", style("bold", `${name}${isAll ? "" : `, the first ${ofKind.length} of ${count(counts[kind])}`}`));
    for (const difference of ofKind) lines.push(...describeDifference(difference, explain));
  }
  const changed = pnl.filter(({ change }) => change !== 0n);
  if (changed.length > 0) {
    const isAll = changed.length <= PNL_ROWS;
    lines.push(
      "",
      style("bold", `profit and loss${isAll ? "" : `, the first ${PNL_ROWS} of ${count(changed.length)} accounts`}`),
    );
    for (const row of changed.slice(0, PNL_ROWS)) lines.push(describePnl(row));
  }
  return lines;
}

function describeFacts({ name, transactions, failed, header: { changes } }: RunFacts): string {
  const figures = `${name}: ${count(transactions)} transactions, ${count(failed)} failed`;
  return changes === undefined || changes.length === 0 ? figures : `${figures}; changed: ${changes.join(", ")}`;
}

function describeDifference(difference: TransactionDifference, explain: ExplainFailure): string[] {
  const { slot, signature, kinds, a, b, balances } = difference;
  const errors = [
    ...(a !== undefined && a.err !== null ? [`    A: ${explain(a) ?? failureText(a)}`] : []),
    ...(b !== undefined && b.err !== null ? [`    B: ${explain(b) ?? failureText(b)}`] : []),
  ];
  const figures: string[] = [];
  if (kinds.includes("log")) figures.push(...describeLogs(difference));
  if (kinds.includes("computeUnits")) figures.push(`    compute units ${a?.computeUnits} → ${b?.computeUnits}`);
  if (kinds.includes("fee")) figures.push(`    fee ${a?.fee} → ${b?.fee}`);
  if (kinds.includes("order")) figures.push(`    position ${placeText(a)} → ${placeText(b)}`);
  return [`  ${slot}  ${signature}`, ...errors, ...balances.map(describeBalance), ...figures];
}

/** Describes the first log line that differs. */
function describeLogs(difference: TransactionDifference): string[] {
  const { line, a, b } = firstDifferentLog(difference);
  return [`    log ${line + 1}: ${a ?? "none"}`, `        → ${b ?? "none"}`];
}

function placeText(outcome: RecordedOutcome | undefined): string {
  return `${outcome?.slot}${outcome?.index === undefined ? "" : `:${outcome.index}`}`;
}

function describeBalance({ account, owner, mint, a, b }: BalanceDifference): string {
  const change = a === undefined || b === undefined ? "" : ` (${signed(b - a)})`;
  const whose = owner === undefined ? account : `${account} of ${owner}`;
  return `    ${whose}  ${a ?? "none"} → ${b ?? "none"}${change} ${unitOf(mint)}`;
}

function describePnl({ account, owner, mint, a, b, change }: ProfitAndLoss): string {
  const whose = owner === undefined ? account : `${account} of ${owner}`;
  return `  ${whose}  ${signed(a)} → ${signed(b)} (${signed(change)}) ${unitOf(mint)}`;
}

function signed(value: bigint): string {
  return value > 0n ? `+${value}` : `${value}`;
}

function unitOf(mint: string | undefined): string {
  return mint === undefined ? "lamports" : `of mint ${mint}`;
}

/** Formats the differences as one line of JSON. */
export function reportJson({ summary, differences }: Comparison, explain: ExplainFailure = failureText): string {
  const { a, b, same, different, counts, kinds, pnl, warnings } = summary;
  const side = ({ name, header, transactions, failed, isComplete }: RunFacts) => ({
    file: name,
    changes: header.changes,
    transactions,
    failed,
    isComplete,
  });
  return stringifyJson({
    a: side(a),
    b: side(b),
    warnings,
    same,
    counts,
    kinds,
    different,
    differences: differences.map((difference) => toJson(difference, explain)),
    pnl: pnl.filter(({ change }) => change !== 0n).map(withTexts),
  });
}

function toJson({ kind, kinds, slot, index, signature, a, b, balances }: TransactionDifference, explain: ExplainFailure): object {
  const inWords = (one: RecordedOutcome | undefined) =>
    one === undefined || one.err === null ? undefined : (explain(one) ?? failureText(one));
  const figures = (one: RecordedOutcome | undefined) => one && { fee: one.fee, computeUnits: one.computeUnits, index: one.index };
  return {
    kind,
    kinds,
    slot,
    index,
    signature,
    errA: a?.err ?? undefined,
    errB: b?.err ?? undefined,
    failureA: a?.failure,
    failureB: b?.failure,
    explanationA: inWords(a),
    explanationB: inWords(b),
    figuresA: figures(a),
    figuresB: figures(b),
    ...(balances.length > 0 && { balances: balances.map(withTexts) }),
  };
}

/** Converts amounts to strings, because most JSON parsers round 64-bit integers. */
function withTexts<T extends object>(row: T): object {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? `${value}` : value]));
}

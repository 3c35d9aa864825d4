import { stringifyJson } from "../../codec/json.js";
import type { Style } from "../terminal/style.js";
import { count } from "../terminal/units.js";
import type { ComparedRecords } from "./compare-records.js";
import { type BalanceDifference, DIFFERENCE_KINDS, type Difference, type DifferenceKind } from "./difference.js";
import type { RecordFacts } from "./recorded-run.js";

const TITLES: Record<DifferenceKind, [name: string, meaning: string]> = {
  regression: ["regressions", "succeeded in A, failed in B"],
  improvement: ["improvements", "failed in A, succeeded in B"],
  error: ["other errors", "failed in both, with different errors"],
  balance: ["balances", "balances differ"],
  log: ["logs", "only the logs differ"],
  missing: ["missing", "only in A"],
  extra: ["extra", "only in B"],
};

const COLOURS: Partial<Record<DifferenceKind, "red" | "green" | "yellow">> = {
  regression: "red",
  improvement: "green",
  missing: "red",
};

/** The differences for people. */
export function reportLines({ a, b, comparison }: ComparedRecords, style: Style): string[] {
  const rows: [string, number, string, "red" | "green" | "yellow" | undefined][] = [
    ["same", comparison.same, "", undefined],
    ...DIFFERENCE_KINDS.map((kind): [string, number, string, "red" | "green" | "yellow"] => [
      TITLES[kind][0],
      comparison.counts[kind],
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
  const { differences } = comparison;
  for (const kind of DIFFERENCE_KINDS) {
    const ofKind = differences.filter((difference) => difference.kind === kind);
    if (ofKind.length === 0) continue;
    const [name] = TITLES[kind];
    const isAll = ofKind.length === comparison.counts[kind];
    lines.push("", style("bold", `${name}${isAll ? "" : `, the first ${ofKind.length} of ${count(comparison.counts[kind])}`}`));
    for (const difference of ofKind) lines.push(...describeDifference(difference));
  }
  return lines;
}

function describeFacts({ file, transactions, failed }: RecordFacts): string {
  return `${file}: ${count(transactions)} transactions, ${count(failed)} failed`;
}

function describeDifference({ slot, signature, errA, errB, balances = [] }: Difference): string[] {
  const errors = [...(errA === undefined ? [] : [`A: ${errA}`]), ...(errB === undefined ? [] : [`B: ${errB}`])];
  return [`  ${slot}  ${signature}${errors.length === 0 ? "" : `  ${errors.join("  ")}`}`, ...balances.map(describeBalance)];
}

function describeBalance({ account, mint, a, b }: BalanceDifference): string {
  const change = a === undefined || b === undefined ? "" : ` (${BigInt(b) > BigInt(a) ? "+" : ""}${BigInt(b) - BigInt(a)})`;
  return `    ${account}  ${a ?? "none"} → ${b ?? "none"}${change} ${mint === undefined ? "lamports" : `of ${mint}`}`;
}

/** The differences as one line of JSON. */
export function reportJson({ a, b, comparison }: ComparedRecords, warnings: readonly string[]): string {
  const side = ({ file, transactions, failed, isComplete }: RecordFacts) => ({ file, transactions, failed, isComplete });
  const { same, counts, total, differences } = comparison;
  return stringifyJson({
    a: side(a),
    b: side(b),
    warnings,
    same,
    counts,
    different: total,
    differences: differences.map(toJson),
  });
}

/** The errors are JSON texts. */
function toJson({ errA, errB, ...difference }: Difference): object {
  return {
    ...difference,
    errA: errA === undefined ? undefined : JSON.parse(errA),
    errB: errB === undefined ? undefined : JSON.parse(errB),
  };
}

import { oneLine } from "../command-failure.js";
import type { Style } from "../terminal/style.js";
import { plural } from "../terminal/units.js";
import type { NamedResult } from "./check.js";

const MARKS = { ok: "ok", warning: "note", failed: "FAIL", skipped: "-" } as const;
const COLOURS = { ok: "green", warning: "yellow", failed: "red", skipped: "dim" } as const;
const NAME_WIDTH = 16;

/** Formats a result as one line. If the result has a remedy, a second line contains it. */
export function resultLines(result: NamedResult, style: Style): string[] {
  const { name, status, detail } = result;
  const mark = style(COLOURS[status], MARKS[status].padEnd(4));
  const lines = [`${mark}  ${name.padEnd(NAME_WIDTH)} ${oneLine(detail)}`];
  if ("remedy" in result) lines.push(`${" ".repeat(6 + NAME_WIDTH)} → ${oneLine(result.remedy)}`);
  return lines;
}

/** Formats the overall result of all checks. */
export function verdict(results: readonly NamedResult[], style: Style): string {
  const failed = results.filter(({ status }) => status === "failed").length;
  if (failed === 0) return style("green", "No problems found.");
  return style("red", `${plural(failed, "problem")} found.`);
}

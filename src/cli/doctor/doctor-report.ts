import type { Style } from "../terminal/style.js";
import type { NamedResult } from "./check.js";

const MARKS = { ok: "ok", warning: "note", failed: "FAIL", skipped: "-" } as const;
const COLOURS = { ok: "green", warning: "yellow", failed: "red", skipped: "dim" } as const;
const NAME_WIDTH = 16;

/** A check's line, and what to do about it. */
export function resultLines(result: NamedResult, style: Style): string[] {
  const { name, status, detail } = result;
  const mark = style(COLOURS[status], MARKS[status].padEnd(4));
  const lines = [`${mark}  ${name.padEnd(NAME_WIDTH)} ${detail}`];
  if ("remedy" in result) lines.push(`${" ".repeat(6 + NAME_WIDTH)} → ${result.remedy}`);
  return lines;
}

/** What it comes to. */
export function verdict(results: readonly NamedResult[], style: Style): string {
  const failed = results.filter(({ status }) => status === "failed").length;
  if (failed === 0) return style("green", "Nothing is in the way.");
  return style("red", failed === 1 ? "One thing is in the way." : `${failed} things are in the way.`);
}

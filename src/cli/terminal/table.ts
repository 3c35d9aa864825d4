import type { Style } from "./style.js";

/** A column of a table. */
export interface Column {
  title: string;
  /** @default "left" */
  align?: "left" | "right";
}

/** Formats a table with a header line. Each column is as wide as its widest cell. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title }, index) => Math.max(title.length, ...rows.map((row) => (row[index] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align = "left" }, index) => {
        const cell = cells[index] ?? "";
        const width = widths[index] ?? 0;
        return align === "right" ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}

/** Formats names and values, one pair per line. */
export function factLines(facts: readonly (readonly [name: string, value: string])[], style: Style): string[] {
  return facts.map(([name, value]) => `  ${style("dim", name.padEnd(10))} ${value}`);
}

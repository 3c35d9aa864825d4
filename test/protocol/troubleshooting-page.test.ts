import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const PAGE = read("docs/troubleshooting.md");
const ERROR = read("src/protocol/simulator-error.ts");
const FAILURE = read("src/files/failure.ts");

/** Returns the members of a union of string literals, from the source of its type. */
function membersOf(source: string, type: string): string[] {
  const [, union = ""] = new RegExp(`type ${type} =([^;]*);`).exec(source) ?? [];
  return [...union.matchAll(/^\s*\| "(\w+)"/gm)].map(([, member = ""]) => member);
}

/** Returns the rows of the table under a heading: first cell without its backticks, then the other cells. */
function rowsOf(heading: string): string[][] {
  const [, section = ""] = PAGE.split(`## ${heading}\n`);
  const rows = (section.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

describe("docs/troubleshooting.md", () => {
  it("docs/troubleshooting.md lists all codes of the type SimulatorErrorCode, in the order of the type", () => {
    const codes = membersOf(ERROR, "SimulatorErrorCode");
    expect(codes.length).toBeGreaterThan(10);
    expect(rowsOf("Error codes").map(([code]) => code)).toEqual(codes);
  });

  it("docs/troubleshooting.md lists all codes of the type FailureCode, in the order of the type", () => {
    const codes = membersOf(FAILURE, "FailureCode");
    expect(codes.length).toBeGreaterThan(3);
    expect(rowsOf("Codes of the commands").map(([code]) => code)).toEqual(codes);
  });

  it("docs/troubleshooting.md has a cause and a remedy for each code", () => {
    for (const [code, cause, remedy] of [...rowsOf("Error codes"), ...rowsOf("Codes of the commands")]) {
      expect(cause, `cause of ${code}`).toMatch(/\w.*\.$/);
      expect(remedy, `remedy of ${code}`).toMatch(/\w.*\.$/);
    }
  });

  it("docs/troubleshooting.md lists the same codes as the docstring of SimulatorErrorCode", () => {
    const documented = [...ERROR.matchAll(/^ \* \| `(\w+)` \|/gm)].map(([, code]) => code);
    expect(documented).toEqual(membersOf(ERROR, "SimulatorErrorCode"));
  });
});

// @ts-check
// Part of `npm run check`: each file name occurs only once in the repository. A name in a stack trace then leads to one file.
import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import { ROOT } from "./run.mjs";

const FOLDERS = ["src", "test", "e2e", "demo", "bench", "scripts", "matrix"];
/** Matches file names that tools prescribe. These names may occur more than once. */
const COMMON = /^(?:index\.\w+|main\.tsx|tsconfig\.json|package\.json|page\.tsx|README\.md)$/;

/** @returns {{ code: number, output: string }} code: 1 if a name occurs twice */
export function checkNames() {
  const tracked = execFileSync("git", ["ls-files", ...FOLDERS], { cwd: ROOT, encoding: "utf8" })
    .trim()
    .split("\n");
  /** @type {Map<string, string[]>} */
  const byName = new Map();
  for (const file of tracked) {
    const name = basename(file);
    if (!COMMON.test(name)) byName.set(name, [...(byName.get(name) ?? []), file]);
  }
  const problems = [...byName.values()].filter((files) => files.length > 1).map((files) => files.join(" and "));
  return { code: problems.length === 0 ? 0 : 1, output: problems.join("\n") };
}

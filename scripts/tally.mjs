// @ts-check
// Prints the last line of a CI run, `N passed, N failed`, from the reports of tests and gates. Ends with code 1 if anything failed. A
// missing report counts as a failure. Before the last line, prints the flaky tests, which passed only when they were repeated.
import { readFileSync } from "node:fs";

/** @param {string} file @returns {unknown[] | undefined} */
function readRows(file) {
  try {
    return JSON.parse(readFileSync(new URL(`../reports/${file}`, import.meta.url), "utf8"));
  } catch {
    console.log(`${file}: no report`);
    return undefined;
  }
}

const suites = /** @type {({ passed: number, failed: number, flaky?: string[] }[] | undefined)[]} */ (
  ["tests.json", "tests-slow.json", "tests-demos.json", "matrix.json", "simulation.json", "fuzz.json"].map(readRows)
);
const gates = /** @type {{ passed: boolean }[] | undefined} */ (readRows("check.json"));
const rows = [
  ...suites.flatMap((suite) => suite ?? [{ passed: 0, failed: 1 }]),
  ...(gates?.map(({ passed }) => (passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 })) ?? [{ passed: 0, failed: 1 }]),
];
const flaky = suites.flatMap((suite) => suite ?? []).flatMap((suite) => suite.flaky ?? []);
console.log(`flaky: ${flaky.length}`);
for (const title of flaky) console.log(`passed only when it was repeated: ${title}`);
const passed = rows.reduce((sum, row) => sum + row.passed, 0);
const failed = rows.reduce((sum, row) => sum + row.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

// @ts-check
// A reporter of vitest. Writes the titles of the tests that failed at first and passed when they were repeated to the JSON file
// FLAKY_TESTS_REPORT. The JSON report of vitest does not contain the number of retries.
import { writeFileSync } from "node:fs";
import { relative } from "node:path";

/** A `Reporter` for vitest that writes the flaky tests. */
export default class FlakyTestsReporter {
  /** @type {string[]} */
  #titles = [];

  /** @param {import("vitest/node").TestCase} test */
  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky) this.#titles.push(`${relative(process.cwd(), test.module.moduleId)}: ${test.name}`);
  }

  onTestRunEnd() {
    const file = process.env.FLAKY_TESTS_REPORT;
    if (file !== undefined) writeFileSync(file, JSON.stringify(this.#titles));
  }
}

// @ts-check
// `npm test`: builds and runs the suites of the package. `npm run test:web` (`--web`): runs the suites of the dashboard and the React app.
// `npm run test:slow` (`--slow`): runs the tests that take a minute and more.
// Words after `--` go to vitest: a part of a file name, `-t NAME` … `npm run test:unit` is the quick loop.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt } from "./build.mjs";
import { provideChromium } from "./chromium.mjs";
import { provideRedis } from "./redis.mjs";
import { pack, ROOT, runTool } from "./run.mjs";
import { provideShells } from "./shells.mjs";

/**
 * Time limit for a suite, in ms, so that a suite that hangs does not block CI. The longest suite takes 4 minutes on 2 idle cores, and
 * more than 15 minutes beside four CPU-bound processes.
 */
const SUITE_LIMIT_MS = 45 * 60_000;
/** The suites. Each suite runs projects of vitest.config.ts. A suite without tests fails, unless `mayBeEmpty` is set. */
const SUITES = [
  { name: "unit", what: "test/**/*.test.ts in Node" },
  { name: "types", what: "test/types/**/*.test-d.ts by the compiler" },
  { name: "browser", what: "test/**/*.{browser,both}.test.ts and .tsx in Chromium", mayBeEmpty: true },
  { name: "e2e", what: "e2e/**/*.test.ts: the built files in Chromium, the packed tarball in Node" },
  {
    name: "slow",
    what: "test/**/*.slow.ts and e2e/**/*.slow.ts: random faults, a hostile server, slow consumers, large records",
  },
  {
    name: "demos",
    what: "e2e/{dashboard,react}*.test.ts: the dashboard, the React apps, and the hooks with React 18 in Chromium",
  },
];
const REPORTS = join(ROOT, "reports");
const FLAKY_REPORTER = join(ROOT, "scripts", "flaky-tests-reporter.mjs");

/** The suites in which a failed test runs a second time. If the second run passes, the reports list the test as flaky. */
const REPEATED = ["demos"];

/**
 * The result of a suite. `flaky`: the tests that failed at first and passed when they were repeated. They count as passed.
 *
 * @typedef {{ suite: string, passed: number, failed: number, seconds: number, problems: string[], flaky: string[] }} SuiteResult
 */

/** The suites that `npm test` does not run, by the option that runs them. */
const OTHERS = new Map([
  ["--web", "demos"],
  ["--slow", "slow"],
]);
const other = OTHERS.get(process.argv[2] ?? "");
/**
 * The suites of the package run in three lanes, because each suite spends half of its time waiting for timers, processes and the
 * browser. The output of a suite is printed when the suite ends.
 */
const LANES = other !== undefined ? [[other]] : [["unit"], ["e2e"], ["types", "browser"]];
const NEED_PACKAGE = ["e2e", "slow", "demos"];

/** @param {string[]} args @returns {Promise<SuiteResult[]>} */
async function runSuites(args) {
  /** @type {Record<string, string>} */
  const env = {};
  try {
    env.CHROMIUM_PATH = await provideChromium();
  } catch (error) {
    return [preparationFailed("chromium", error instanceof Error ? error.message : String(error))];
  }
  try {
    if (other === "slow") env.REDIS_SERVER = await provideRedis();
  } catch (error) {
    return [preparationFailed("redis", error instanceof Error ? error.message : String(error))];
  }
  try {
    if (other === "slow") await provideShells();
  } catch (error) {
    return [preparationFailed("shells", error instanceof Error ? error.message : String(error))];
  }
  /** @param {string[]} names @param {Record<string, string>} [more] */
  const inTurn = async (names, more = {}) => {
    const results = [];
    for (const suite of SUITES.filter(({ name }) => names.includes(name))) {
      console.log(`${suite.name}: ${suite.what}`);
      results.push(await runSuite(suite, args, { ...env, ...more }));
    }
    return results;
  };
  /** @param {string[]} names */
  const withPackage = async (names) => {
    if (!(await ensureBuilt())) return [preparationFailed("build", "the build failed")];
    const packed = await pack();
    if (packed.code !== 0) return [preparationFailed("pack", packed.output)];
    console.log(`pack: ${packed.tarball}`);
    return inTurn(names, { SIMULATOR_CLIENT_TARBALL: packed.tarball });
  };
  const lanes = await Promise.all(
    LANES.map((names) => (names.some((name) => NEED_PACKAGE.includes(name)) ? withPackage(names) : inTurn(names))),
  );
  return lanes.flat();
}

/** @param {typeof SUITES[number]} suite @param {string[]} args @param {Record<string, string>} env @returns {Promise<SuiteResult>} */
async function runSuite({ name, mayBeEmpty = false }, args, env) {
  const start = performance.now();
  const report = join(REPORTS, `test-${name}.json`);
  const flakyReport = join(REPORTS, `flaky-${name}.json`);
  const reporters = ["default", "json", ...(REPEATED.includes(name) ? [FLAKY_REPORTER] : [])];
  const filtered = args.length > 0;
  const { code, output } = await runTool(
    "vitest",
    [
      "run",
      "--project",
      `${name}*`,
      ...reporters.map((reporter) => `--reporter=${reporter}`),
      `--outputFile.json=${report}`,
      "--passWithNoTests",
      ...args,
    ],
    {
      timeoutMs: SUITE_LIMIT_MS,
      env: { ...env, FLAKY_TESTS_REPORT: flakyReport },
      capture: true,
    },
  );
  console.log(output);
  const seconds = (performance.now() - start) / 1000;
  const counted = readReport(report);
  if (counted === undefined)
    return { suite: name, passed: 0, failed: 1, seconds, problems: ["the test runner ended without a report"], flaky: [] };

  const problems = [...counted.problems];
  let failed = counted.failed + counted.problems.length;
  const addProblem = (/** @type {string} */ problem) => {
    problems.push(problem);
    failed += 1;
  };
  if (!filtered && counted.skipped > 0) addProblem(`${counted.skipped} tests were skipped`);
  if (!filtered && !mayBeEmpty && counted.passed + counted.failed === 0) addProblem("it found no tests");
  if (code !== 0 && failed === 0) addProblem(`the runner ended with code ${code}, though no test failed: see above`);
  let flaky = /** @type {string[]} */ ([]);
  if (REPEATED.includes(name)) {
    try {
      flaky = JSON.parse(readFileSync(flakyReport, "utf8"));
    } catch {
      addProblem("the report of flaky tests is missing");
    }
  }
  return { suite: name, passed: counted.passed, failed, seconds, problems, flaky };
}

/** Reads the JSON report of vitest. `problems` in the result lists the files that failed outside their tests. @param {string} file */
function readReport(file) {
  /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
   *   testResults: { name: string, status: string, assertionResults: { status: string }[] }[] }} */
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    problems: broken.map(({ name }) => `${name} failed outside its tests`),
  };
}

/** @param {string} suite @param {string} problem @returns {SuiteResult} */
function preparationFailed(suite, problem) {
  return { suite, passed: 0, failed: 1, seconds: 0, problems: [problem], flaky: [] };
}

for (const name of LANES.flat())
  for (const kind of ["test", "flaky"]) rmSync(join(REPORTS, `${kind}-${name}.json`), { force: true });
mkdirSync(REPORTS, { recursive: true });
const results = await runSuites(process.argv.slice(other === undefined ? 2 : 3));
writeFileSync(join(REPORTS, other === undefined ? "tests.json" : `tests-${other}.json`), `${JSON.stringify(results, null, 2)}\n`);

console.log("\nsuite     passed  failed   time");
for (const { suite, passed, failed, seconds, problems, flaky } of results) {
  console.log(`${suite.padEnd(8)}${String(passed).padStart(8)}${String(failed).padStart(8)}${seconds.toFixed(1).padStart(7)} s`);
  for (const problem of problems) console.log(`          ${problem}`);
  if (REPEATED.includes(suite)) console.log(`          flaky: ${flaky.length}`);
  for (const title of flaky) console.log(`          passed only when it was repeated: ${title}`);
}
const total = results.reduce((sum, { failed }) => sum + failed, 0);
console.log(total === 0 ? "All tests passed." : "Some tests failed.");
process.exitCode = total === 0 ? 0 : 1;

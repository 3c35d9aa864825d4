// @ts-check
// Every flag of every command has a test that fails without the flag. test/cli/flags/flag-tests.json names that test.
//
//   node scripts/flag-tests.mjs             prints each flag with its test
//   node scripts/flag-tests.mjs --update    runs the tests of the commands, and adds a test for each flag that has none
//   node scripts/flag-tests.mjs --verify    removes each flag in turn, and reports the flags whose test passes without them
//
// The gate `flags` of `npm run check` calls checkFlagTests. test/cli/flags/removed-flags.slow.ts removes 15 flags at random.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT, run, runTool } from "./run.mjs";

const LIST = "test/cli/flags/flag-tests.json";

/** @typedef {{ file: string, test: string }} FlagTest `test`: the titles of the `describe` blocks, and the title of the test */

/** Returns the listed tests, by flag such as `run --out`. @returns {Record<string, FlagTest>} */
export function listedTests() {
  return existsSync(join(ROOT, LIST)) ? JSON.parse(readFileSync(join(ROOT, LIST), "utf8")) : {};
}

/** Returns the flags of the commands in dist, such as `run --out`. @returns {Promise<string[]>} */
async function flagsInDist() {
  const { code, output } = await run(process.execPath, [join(ROOT, "scripts/flag-tree.mjs"), join(ROOT, "dist/cli.js")], {
    capture: true,
  });
  if (code !== 0) throw new Error(`the flags of dist/cli.js cannot be read:\n${output}`);
  return JSON.parse(output);
}

/** Checks that each flag has a test, and that each listed test exists. `npm run check` calls this function. */
export async function checkFlagTests() {
  const listed = listedTests();
  const flags = await flagsInDist();
  const problems = [
    ...flags.filter((flag) => listed[flag] === undefined).map((flag) => `${flag}: no test uses it`),
    ...Object.keys(listed)
      .filter((flag) => !flags.includes(flag))
      .map((flag) => `${flag}: listed, but no command has it`),
    ...Object.entries(listed).flatMap(([flag, { file, test }]) =>
      exists(file, test) ? [] : [`${flag}: no test "${test}" in ${file}`],
    ),
  ];
  mkdirSync(join(ROOT, "reports"), { recursive: true });
  writeFileSync(join(ROOT, "reports", "flag-tests.txt"), describe(listed));
  if (problems.length > 0) problems.push(`Write the missing tests, then update ${LIST}: node scripts/flag-tests.mjs --update`);
  return { code: problems.length === 0 ? 0 : 1, output: problems.join("\n") };
}

/**
 * Whether a file has a test with this name. A placeholder in a title, such as `%s`, matches any text.
 *
 * @param {string} file @param {string} test
 */
function exists(file, test) {
  if (!existsSync(join(ROOT, file))) return false;
  const titles = readFileSync(join(ROOT, file), "utf8").matchAll(/\(\s*(?:"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`),/g);
  return [...titles].some(([, quoted, template]) => {
    const title =
      quoted === undefined ? (template ?? "") : JSON.parse(`"${quoted.replaceAll("\\'", "'").replaceAll("\\`", "`")}"`);
    const parts = title
      .split(/%[sdifjo]|\$\{[^}]*\}|\$\w+/)
      .map((/** @type {string} */ part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return parts.join("").length > 0 && new RegExp(`(?:^| > )${parts.join(".*")}$`, "s").test(test);
  });
}

/** @param {Record<string, FlagTest>} listed */
function describe(listed) {
  return Object.entries(listed)
    .map(([flag, { file, test }]) => `${flag.padEnd(36)} ${file}: ${test}\n`)
    .join("");
}

/**
 * Runs tests of the commands with the flag probe. During a test, the probe records the used flags, or removes a flag.
 *
 * @param {object} order what the probe should do
 * @param {readonly FlagTest[]} [only] the tests to run. @default all
 * @returns {Promise<{ passed: string[], failed: string[] }>} the names of the tests, as `FILE > TEST`
 */
async function probe(order, only) {
  const folder = mkdtempSync(join(tmpdir(), "flag-probe-"));
  try {
    writeFileSync(join(folder, "order.json"), JSON.stringify(order));
    const files = [...new Set((only ?? []).map(({ file }) => file))];
    const names = (only ?? []).map(({ test }) => test.replaceAll(" > ", " ").replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const { output } = await runTool(
      "vitest",
      [
        ...[
          "run",
          "--config",
          "test/cli/flags/flag-probe.config.ts",
          "--reporter=json",
          `--outputFile=${join(folder, "out.json")}`,
        ],
        ...files,
        ...(names.length === 0 ? [] : ["-t", `^(?:${names.join("|")})$`]),
      ],
      { capture: true, env: { FLAG_PROBE: join(folder, "order.json") } },
    );
    if (!existsSync(join(folder, "out.json"))) throw new Error(`vitest has failed:\n${output}`);
    return outcomes(JSON.parse(readFileSync(join(folder, "out.json"), "utf8")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {{ testResults: { name: string, assertionResults: { ancestorTitles: string[], title: string, status: string }[] }[] }} report
 */
function outcomes({ testResults }) {
  const all = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => ({
      name: `${name.slice(ROOT.length)} > ${[...ancestorTitles.filter(Boolean), title].join(" > ")}`,
      status,
    })),
  );
  /** @param {string} wanted */
  const having = (wanted) => all.filter(({ status }) => status === wanted).map(({ name }) => name);
  return { passed: having("passed"), failed: having("failed") };
}

/**
 * Removes each flag from the commands, and runs the test of the flag. Returns the flags for which the test still passes.
 *
 * @param {readonly string[]} flags such as `run --out`
 * @param {(line: string) => void} [report]
 */
export async function flagsWithoutEffect(flags, report = () => {}) {
  const listed = listedTests();
  /** @type {string[]} */
  const unnoticed = [];
  // In each round, a test runs without one of its flags. A test with several flags needs several rounds.
  for (let left = [...flags]; left.length > 0; ) {
    /** @type {Record<string, string>} */
    const removed = {};
    /** @type {string[]} */
    const later = [];
    for (const flag of left) {
      const { file, test } = listed[flag] ?? { file: "", test: "" };
      const name = `${file} > ${test}`;
      if (removed[name] === undefined) removed[name] = flag;
      else later.push(flag);
    }
    const now = left.filter((flag) => !later.includes(flag));
    const tests = now.flatMap((flag) => listed[flag] ?? []);
    const { failed } = await probe({ removed }, tests);
    for (const [name, flag] of Object.entries(removed)) {
      const isNoticed = failed.includes(name);
      report(`${isNoticed ? "fails" : "PASSES"} without ${flag}: ${name}`);
      if (!isNoticed) unnoticed.push(flag);
    }
    left = later;
  }
  return unnoticed;
}

/** Runs the tests of these flags without removing a flag. Returns the names of the tests that do not pass. @param {readonly string[]} flags */
export async function failingTests(flags) {
  const listed = listedTests();
  const tests = flags.flatMap((flag) => listed[flag] ?? []);
  const { passed } = await probe({}, tests);
  return tests.map(({ file, test }) => `${file} > ${test}`).filter((name) => !passed.includes(name));
}

/** Adds a test for each flag that has none, and drops entries of removed flags and tests. */
async function update() {
  const folder = mkdtempSync(join(tmpdir(), "flag-log-"));
  const log = join(folder, "flags.ndjson");
  writeFileSync(log, "");
  const { failed } = await probe({ log });
  if (failed.length > 0) console.log(`these tests fail, so their flags are not recorded:\n  ${failed.join("\n  ")}`);
  const uses = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  rmSync(folder, { recursive: true });
  /** @type {Map<string, Set<string>>} */
  const testsOf = new Map();
  /** @type {Map<string, number>} */
  const flagsOfTest = new Map();
  for (const { test, command, flag } of uses) {
    if (test === "" || failed.includes(test)) continue;
    const name = `${command} ${flag}`.trimStart();
    const tests = testsOf.get(name) ?? new Set();
    if (!tests.has(test)) flagsOfTest.set(test, (flagsOfTest.get(test) ?? 0) + 1);
    testsOf.set(name, tests.add(test));
  }
  const listed = listedTests();
  /** @type {Record<string, FlagTest>} */
  const next = {};
  const missing = [];
  for (const flag of await flagsInDist()) {
    const old = listed[flag];
    const tests = testsOf.get(flag) ?? new Set();
    if (old !== undefined && tests.has(`${old.file} > ${old.test}`)) next[flag] = old;
    else {
      const best = bestOf([...tests], flag, flagsOfTest);
      if (best !== undefined) next[flag] = best;
      // No logged command uses the flag: keeps the listed test. The log omits commands that fail.
      else if (old !== undefined && exists(old.file, old.test)) next[flag] = old;
      else missing.push(flag);
    }
  }
  writeFileSync(join(ROOT, LIST), `${JSON.stringify(next, null, 2)}\n`);
  for (const flag of missing) console.log(`${flag}: no test uses it`);
  console.log(`${Object.keys(next).length} flags have a test, ${missing.length} have none`);
  return missing.length === 0 ? 0 : 1;
}

/**
 * Returns the best test of a flag. Prefers a test with the flag in its name, and then the test with the fewest flags.
 *
 * @param {string[]} tests @param {string} flag @param {Map<string, number>} flagsOfTest @returns {FlagTest | undefined}
 */
function bestOf(tests, flag, flagsOfTest) {
  const long = flag.split(" ").at(-1) ?? "";
  /** @param {string} test */
  const rank = (test) => (new RegExp(`${long}(?![\\w-])`).test(test) ? 0 : 1_000) + (flagsOfTest.get(test) ?? 0);
  const [best] = tests.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  if (best === undefined) return undefined;
  const at = best.indexOf(" > ");
  return { file: best.slice(0, at), test: best.slice(at + 3) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [word] = process.argv.slice(2);
  if (word === "--update") process.exitCode = await update();
  else if (word === "--verify") {
    const unnoticed = await flagsWithoutEffect(Object.keys(listedTests()), console.log);
    console.log(
      `${unnoticed.length} flags can be removed without a failing test${unnoticed.map((flag) => `\n  ${flag}`).join("")}`,
    );
    process.exitCode = unnoticed.length === 0 ? 0 : 1;
  } else {
    process.stdout.write(describe(listedTests()));
    const { code, output } = await checkFlagTests();
    if (output !== "") console.log(output);
    process.exitCode = code;
  }
}

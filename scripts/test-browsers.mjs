// @ts-check
// `npm run test:browsers`: runs the smoke tests of e2e/browsers in Firefox and WebKit. A browser name after `--` selects this browser.
// All other words after `--` go to vitest: `-t NAME` …
import { ensureBuilt } from "./build.mjs";
import { BROWSER_NAMES, provide } from "./firefox-and-webkit.mjs";
import { runTool } from "./run.mjs";

/** Time limit for a suite, in ms, so that a suite that hangs does not block CI. */
const SUITE_LIMIT_MS = 20 * 60_000;

const args = process.argv.slice(2);
const named = args.filter((arg) => BROWSER_NAMES.includes(arg));
const wanted = named.length > 0 ? named : BROWSER_NAMES;

/** @type {Record<string, string>} */
const env = {};
/** @type {string[]} */
const ready = [];
/** The problems to print at the end. If one browser is missing, the other browser is still tested. @type {string[]} */
const problems = [];
for (const name of wanted) {
  try {
    Object.assign(env, await provide(name));
    ready.push(name);
  } catch (error) {
    problems.push(`${name}: not tested. ${error instanceof Error ? error.message : error}`);
  }
}
if (ready.length > 0 && !(await ensureBuilt())) {
  problems.push("The build failed, so there is nothing to test.");
} else if (ready.length > 0) {
  const projects = ready.flatMap((name) => ["--project", name]);
  const rest = args.filter((arg) => !BROWSER_NAMES.includes(arg));
  const { code } = await runTool("vitest", ["run", ...projects, "--reporter=verbose", ...rest], {
    timeoutMs: SUITE_LIMIT_MS,
    env,
  });
  if (code !== 0) problems.push("Some tests failed: see above.");
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

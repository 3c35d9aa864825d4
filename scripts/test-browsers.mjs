// @ts-check
// `npm run test:browsers`: the smoke tests of e2e/browsers in Firefox and in WebKit, with all that they need. Behind `--` come the
// names of the browsers to take, both without one; what else is there goes to vitest: `-t NAME` …
import { ensureBuilt } from "./build.mjs";
import { BROWSER_NAMES, provide } from "./firefox-and-webkit.mjs";
import { runTool } from "./run.mjs";

/** A suite that hangs must not hold a CI's machine until that gives up. */
const SUITE_LIMIT_MS = 10 * 60_000;

const args = process.argv.slice(2);
const named = args.filter((arg) => BROWSER_NAMES.includes(arg));
const wanted = named.length > 0 ? named : BROWSER_NAMES;

/** @type {Record<string, string>} */
const env = {};
/** @type {string[]} */
const ready = [];
/** One that can't be had is a failure, but no reason not to test the other. @type {string[]} */
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

// @ts-check
// `npm run test:matrix`: packs the package, installs it into a folder per row (matrix/rows.mjs), and runs a session there.
// An argument selects the rows whose names contain it. `--ci` runs the rows for CI, and prints the rows that must be run by hand.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { chromium } from "playwright";
import { runMatrixSession, SIMULATOR_OPTIONS } from "../matrix/matrix-session.js";
import { ROWS } from "../matrix/rows.mjs";
import { ensureBuilt } from "./build.mjs";
import { CHROMIUM_FLAGS, provideChromium } from "./chromium.mjs";
import { pack, ROOT } from "./run.mjs";
import { serveFolder } from "./static-server.mjs";

/** Time limit for each command of a row, in ms. */
const COMMAND_LIMIT_MS = 240_000;
const PAGE_LIMIT_MS = 60_000;
/** Number of rows that run at the same time. More than one, because an installation mostly waits for the network. */
const LANES = 2;

/** @typedef {import("../matrix/rows.mjs").Row} Row */
/** @typedef {{ suite: string, passed: number, failed: number, seconds: number, problems: string[] }} RowResult */

/** @param {string[]} command @param {string} cwd @param {Record<string, string>} env @returns {Promise<string>} its output @throws {Error} when it fails */
function execute([program = "", ...args], cwd, env) {
  // Binaries are executed directly, and everything else is JavaScript for Node.js.
  const isBinary = /bin\/node$|\.exe$|esbuild$/.test(program);
  const [file, all] = isBinary ? [join(cwd, program), args] : [process.execPath, [program, ...args]];
  return new Promise((resolve, reject) => {
    const child = spawn(file, all, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    const timer = setTimeout(() => child.kill("SIGKILL"), COMMAND_LIMIT_MS);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ${args.join(" ")} ended with code ${code}:\n${output.slice(-3000)}`));
    });
  });
}

/** @param {string} folder @param {string[]} packages */
async function install(folder, packages) {
  const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel", "error", ...packages];
  const npm = process.env.npm_execpath;
  if (npm?.endsWith("js")) return execute([npm, ...args], folder, {});
  return new Promise((resolve, reject) => {
    const child = spawn("npm", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let output = "";
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`npm install failed:\n${output}`))));
  });
}

/** @param {string} folder the built page @param {string} server @param {import("playwright").Browser} browser */
async function openPage(folder, server, browser) {
  const { url, close } = await serveFolder(folder);
  const page = await browser.newPage();
  try {
    /** @type {string[]} */
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(`${url}/?server=${encodeURIComponent(server)}`);
    const handle = await page
      .waitForFunction("globalThis.matrixResults", undefined, { timeout: PAGE_LIMIT_MS })
      .catch((error) => {
        throw new Error([String(error), ...errors].join("\n"));
      });
    return /** @type {unknown} */ (await handle.jsonValue());
  } finally {
    await page.close();
    await close();
  }
}

/**
 * @param {Row} row
 * @param {{ tarball: string, server: string, expected: unknown, browser: import("playwright").Browser | undefined }} context
 * @returns {Promise<RowResult>}
 */
async function runRow(row, { tarball, server, expected, browser }) {
  const start = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "simulator-client-matrix-"));
  let passed = 0;
  let last = "";
  /** @type {string[]} */
  const problems = [];
  const judge = (/** @type {unknown} */ results) => {
    const list = Array.isArray(results) ? results : [results];
    if (list.every((result) => isDeepStrictEqual(result, expected))) passed += 1;
    else problems.push(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(results)}`);
  };
  try {
    writeFileSync(join(folder, "package.json"), '{ "private": true }');
    for (const [name, text] of Object.entries(row.files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    await install(folder, [tarball, ...row.packages]);
    for (const command of row.commands) {
      const words = command.map((word) => (word === "$MATRIX_SERVER" ? server : word));
      const output = await execute(words, folder, { MATRIX_SERVER: server });
      const [, printed] = /RESULT (\[.*\])/.exec(output) ?? [];
      if (printed !== undefined) judge(JSON.parse(printed));
      last = output;
      if (row.isQuiet && /warning|\(!\)/i.test(output)) problems.push(`a warning: ${output.slice(-1500)}`);
    }
    if (row.page !== undefined && browser !== undefined) judge(await openPage(join(folder, row.page), server, browser));
    if (passed + problems.length === 0) problems.push(`it printed no result: ${last.slice(-1500)}`);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(`${problems.length === 0 ? "ok    " : "FAILED"} ${row.name} (${seconds.toFixed(1)} s)`);
  for (const problem of problems) console.log(problem.trim().replace(/^/gm, "       | "));
  return { suite: row.name, passed, failed: problems.length, seconds, problems };
}

const args = process.argv.slice(2);
const isCi = args.includes("--ci");
const names = args.filter((arg) => arg !== "--ci").map((name) => name.toLowerCase());
const rows = ROWS.filter(({ name, ci }) =>
  names.length > 0 ? names.some((part) => name.toLowerCase().includes(part)) : ci || !isCi,
);

/** @returns {Promise<RowResult[]>} */
async function runMatrix() {
  if (!(await ensureBuilt())) return [{ suite: "build", passed: 0, failed: 1, seconds: 0, problems: ["the build failed"] }];
  const packed = await pack();
  if (packed.code !== 0) return [{ suite: "pack", passed: 0, failed: 1, seconds: 0, problems: [packed.output] }];
  const client = await import("../dist/index.js");
  const { startLocalSimulator } = await import("../dist/local.js");
  const simulator = await startLocalSimulator(SIMULATOR_OPTIONS);
  const target = { url: simulator.url, programs: simulator.programs };
  const expected = await runMatrixSession(client, target);
  const needsBrowser = rows.some(({ page }) => page !== undefined);
  const browser = needsBrowser
    ? await chromium.launch({ executablePath: await provideChromium(), args: CHROMIUM_FLAGS })
    : undefined;
  const context = { tarball: packed.tarball, server: JSON.stringify(target), expected, browser };
  const waiting = [...rows];
  /** @type {RowResult[]} */
  const results = [];
  const lane = async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) results.push(await runRow(row, context));
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await browser?.close();
  await simulator.close();
  return results;
}

const results = await runMatrix();
mkdirSync(join(ROOT, "reports"), { recursive: true });
writeFileSync(join(ROOT, "reports", "matrix.json"), `${JSON.stringify(results, null, 2)}\n`);
const failed = results.reduce((sum, row) => sum + row.failed, 0);
console.log(`${results.reduce((sum, row) => sum + row.passed, 0)} passed, ${failed} failed`);
const left = ROWS.filter((row) => !rows.includes(row)).map(({ name }) => name);
if (left.length > 0) console.log(`Left to be run by hand (npm run test:matrix): ${left.join(", ")}`);
process.exitCode = failed === 0 ? 0 : 1;

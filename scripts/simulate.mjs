// @ts-check
// Builds and runs the simulation of test/simulation. docs/simulation.md describes it.
//
//   npm run simulate -- --seeds 300 --from 1        runs seeds, shrinks those that fail, prints how to replay them
//   npm run simulate -- --seed 42 --faults "0,2"    runs one seed and prints its trace
//   npm run simulate -- --ci                        300 fixed seeds and 200 new ones; counts go to reports/simulation.json
//   npm run simulate -- --mutants [NAME]            each patch of test/simulation/mutants must be found
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { applyPatch } from "./apply-patch.mjs";
import { bundleForNode } from "./bundle-for-node.mjs";
import { ROOT } from "./run.mjs";

const FIXED_SEEDS = 300;
const NEW_SEEDS = 200;
/** Number of seeds to try for each mutant. The simulation must fail with at least one of them. */
const MUTANT_SEEDS = 300;
const MUTANT_FROM = 51;

const reports = join(ROOT, "reports");

/**
 * Bundles the simulation into one file, from a folder that contains `src` and `test/simulation`.
 *
 * @param {string} folder
 * @param {string} outfile
 */
async function buildSimulation(folder, outfile) {
  await bundleForNode(join(folder, "test/simulation/main.ts"), outfile);
}

/**
 * Runs a built simulation.
 *
 * @param {string} file @param {string[]} args @param {"inherit" | "pipe"} output
 * @returns {Promise<{ code: number, text: string }>}
 */
function runSimulation(file, args, output = "inherit") {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--enable-source-maps", file, ...args], {
      cwd: ROOT,
      stdio: ["ignore", output, output],
    });
    let text = "";
    child.stdout?.on("data", (chunk) => {
      text += chunk;
    });
    child.stderr?.on("data", (chunk) => {
      text += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, text }));
  });
}

/** @param {string} folder @param {string[]} args @returns {Promise<number>} */
async function runAll(folder, args) {
  const file = join(folder, "simulation.mjs");
  await buildSimulation(ROOT, file);
  if (args[0] === "--ci") return runInCi(file);
  if (args[0] === "--mutants") return runMutants(folder, file, args[1]);
  return (await runSimulation(file, args)).code;
}

/** Returns a seed from the hash of the commit, or from the time if there is no repository. @returns {number} */
function seedOfCommit() {
  const { status, stdout } = spawnSync("git", ["rev-parse", "HEAD"], { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? Number.parseInt(stdout.slice(0, 7), 16) : Math.floor(Date.now() / 1000);
}

/** @param {string} file @returns {Promise<number>} */
async function runInCi(file) {
  const report = join(reports, "simulation.json");
  rmSync(report, { force: true });
  // By default, the commit determines `base`. So all runs for one commit test the same seeds.
  const base = Number(process.env.SIMULATE_FROM ?? seedOfCommit());
  let worst = 0;
  for (const [from, seeds] of [
    [1, FIXED_SEEDS],
    [base, NEW_SEEDS],
  ]) {
    console.log(`${seeds} seeds from ${from}`);
    const { code } = await runSimulation(file, ["--seeds", `${seeds}`, "--from", `${from}`, "--report", report]);
    worst = Math.max(worst, code);
  }
  return worst;
}

/**
 * Applies each mutant to a copy of the sources and looks for a seed that fails.
 *
 * @param {string} folder @param {string} original @param {string} [only]
 * @returns {Promise<number>}
 */
async function runMutants(folder, original, only) {
  const search = ["--seeds", `${MUTANT_SEEDS}`, "--from", `${MUTANT_FROM}`, "--max-failures", "1", "--no-shrink", "--json"];
  const unchanged = await runSimulation(original, search, "pipe");
  if (unchanged.code !== 0) {
    console.log(`the unchanged sources fail too, so mutants cannot be detected:\n${unchanged.text}`);
    return 1;
  }
  const mutants = join(ROOT, "test/simulation/mutants");
  const names = readdirSync(mutants).filter((name) => name.endsWith(".patch") && (only === undefined || name.startsWith(only)));
  let missed = 0;
  for (const name of names) {
    const copy = join(folder, "mutant");
    rmSync(copy, { recursive: true, force: true });
    for (const part of ["src", "test/simulation"]) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    let verdict;
    try {
      applyPatch(copy, readFileSync(join(mutants, name), "utf8"));
      const file = join(folder, "mutant.mjs");
      await buildSimulation(copy, file);
      const { code, text } = await runSimulation(file, search, "pipe");
      verdict = code === 0 ? "MISSED" : `found   ${describe(text)}`;
    } catch (error) {
      verdict = `BROKEN  ${/** @type {Error} */ (error).message}`;
    }
    if (!verdict.startsWith("found")) missed++;
    console.log(`${name.replace(".patch", "").padEnd(36)} ${verdict}`);
  }
  console.log(`${names.length - missed} of ${names.length} mutants found within ${MUTANT_SEEDS} seeds`);
  return missed === 0 && names.length > 0 ? 0 : 1;
}

/** Returns the seed and the first violation from the JSON output of a simulation. @param {string} text */
function describe(text) {
  try {
    const { failures } = JSON.parse(text.slice(text.indexOf('{"ran"')));
    return `seed ${failures[0].seed}: ${failures[0].violations[0].slice(0, 110)}`;
  } catch {
    return text.trim().split("\n").slice(0, 3).join(" ").slice(0, 140);
  }
}

mkdirSync(reports, { recursive: true });
const folder = mkdtempSync(join(reports, "simulation-"));
try {
  process.exitCode = await runAll(folder, process.argv.slice(2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

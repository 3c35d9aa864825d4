import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CoverageCounts } from "./coverage-counts.js";
import { shrink } from "./shrink.js";
import { type Outcome, Simulation } from "./simulation.js";

/** Runs one seed. @param kept the indices of the faults to inject. @default all faults */
function simulate(seed: number, kept?: readonly number[]): Promise<Outcome> {
  current = seed;
  return new Simulation(seed, kept).run();
}

let current = 0;
process.on("uncaughtException", (error) => {
  console.log(`seed ${current} is WRONG: an exception was not caught\n  ${error.stack}`);
  console.log(`  replay it:  npm run simulate -- --seed ${current}`);
  process.exit(1);
});

// Node.js sets this exit code, before this listener is called, if `await` waits for a promise that nothing can settle.
const UNSETTLED_AWAIT = 13;
process.on("exit", () => {
  if (process.exitCode !== UNSETTLED_AWAIT) return;
  console.log(`seed ${current} is WRONG: it waits for a promise that nothing can settle`);
  console.log(`  replay it:  npm run simulate -- --seed ${current}`);
  if (values.report !== undefined) addToReport(values.report, 0, 1);
});

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "300" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    faults: { type: "string" },
    "max-failures": { type: "string", default: "5" },
    "no-shrink": { type: "boolean", default: false },
    hashes: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    /** A file to which the numbers of passed and failed seeds are appended, for scripts/tally.mjs. */
    report: { type: "string" },
  },
});

if (values.seed !== undefined) await replay(Number(values.seed), values.faults);
else await runSeeds(Number(values.from), Number(values.seeds), Number(values["max-failures"]));

async function replay(seed: number, faults: string | undefined): Promise<void> {
  const kept = faults === undefined ? undefined : faults.split(",").filter(Boolean).map(Number);
  const outcome = await simulate(seed, kept);
  for (const line of outcome.trace) console.log(line);
  console.log(`seed ${seed}: ${outcome.violations.length === 0 ? "right" : "WRONG"}, trace ${outcome.hash}`);
  process.exitCode = outcome.violations.length === 0 ? 0 : 1;
}

async function runSeeds(from: number, count: number, maxFailures: number): Promise<void> {
  const begin = performance.now();
  const failures: { seed: number; kept: number[]; violations: string[] }[] = [];
  const coverage = new CoverageCounts();
  let [frames, steps, ran] = [0, 0, 0];
  for (let seed = from; seed < from + count && failures.length < maxFailures; seed++, ran++) {
    const outcome = await simulate(seed);
    coverage.add(outcome.scenario, outcome.faults, outcome.injected);
    frames += outcome.frames;
    steps += outcome.steps;
    if (values.hashes) console.log(`${seed} ${outcome.hash}`);
    if (outcome.violations.length === 0) continue;
    const kept = values["no-shrink"]
      ? outcome.faults.map((_, index) => index)
      : await shrink(outcome.faults.length, async (indices) => (await simulate(seed, indices)).violations.length > 0);
    const shrunk = values["no-shrink"] ? outcome : await simulate(seed, kept);
    failures.push({ seed, kept, violations: shrunk.violations });
    if (!values.json) print(shrunk, kept);
  }
  const seconds = (performance.now() - begin) / 1000;
  if (values.json) {
    console.log(JSON.stringify({ ran, failed: failures.length, failures, seconds, frames, steps }));
  } else {
    const rate = Math.round((ran / seconds) * 60);
    console.log(
      `${ran} seeds from ${from}: ${ran - failures.length} right, ${failures.length} wrong; ${frames} frames, ${steps} steps, ${seconds.toFixed(1)} s, ${rate} seeds a minute`,
    );
  }
  if (!values.json) for (const line of coverage.lines) console.log(`  ${line}`);
  if (values.report !== undefined) addToReport(values.report, ran - failures.length, failures.length);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

function addToReport(file: string, passed: number, failed: number): void {
  const rows = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as object[]) : [];
  writeFileSync(file, JSON.stringify([...rows, { suite: "simulation", passed, failed }]));
}

function print({ seed, faults, violations, scenario }: Outcome, kept: number[]): void {
  console.log(
    `\nseed ${seed} is WRONG (${scenario.consumer}${scenario.isParallel ? ", parallel" : ""}${scenario.hasPage ? ", page" : ""})`,
  );
  for (const violation of violations) console.log(`  ${violation}`);
  for (const { when, action } of faults) console.log(`  at ${JSON.stringify(when)}: ${JSON.stringify(action)}`);
  console.log(`  replay it:  npm run simulate -- --seed ${seed} --faults "${kept.join(",")}"`);
}

import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCli, type Serving, startCli, startServe } from "./support/cli.js";

/*
 * Tests that `run --checkpoint` can be killed with SIGKILL at any moment, even after the server has reported `completed`.
 * KILL_RUNS sets the number of runs. KILL_SEED sets the seed of the random moments, for example to repeat a failed test:
 * KILL_RUNS=60 npx vitest run --project slow e2e/cli-kill.slow.ts
 */

const START = 300_000_000;
const SLOTS = 200;
const RUNS = Number(process.env.KILL_RUNS ?? 4);
const SEED = Number(process.env.KILL_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** The rate of a slow subscription. This rate is so low that `completed` arrives before the last transactions. */
const SLOW_BYTES_PER_SECOND = 60_000;
const MAX_KILLS = 4;

let folder: string;
let serving: Serving;
let whole: Record<string, string[]>;
/** Duration of an uninterrupted run in ms. */
let durationMs: number;

beforeAll(async () => {
  console.log(`KILL_SEED=${SEED} KILL_RUNS=${RUNS}`);
  folder = await mkdtemp(join(tmpdir(), "simulator-client-kill-"));
  serving = await startServe(["--engine", "synthetic", "--slots", `${SLOTS}`, "--pace", "3"], { limitMs: 3_600_000 });
  const startedAt = performance.now();
  expect((await runCli(runArgs("whole"))).code).toBe(0);
  durationMs = performance.now() - startedAt;
  whole = await recordOf("whole");
});

afterAll(async () => {
  await serving?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

function runArgs(name: string, ...more: string[]): string[] {
  const { url, programs } = serving;
  const range = ["--url", url, "--start-slot", `${START}`, "--slots", `${SLOTS}`, "--program", programs[0] ?? ""];
  return ["run", ...range, "--out", join(folder, `${name}.ndjson`), "--wait", ...more];
}

/** Returns the lines of a record by type, each in order. The order of lines with different types differs from run to run. */
async function recordOf(name: string): Promise<Record<string, string[]>> {
  const record: Record<string, string[]> = {};
  for (const line of (await readFile(join(folder, `${name}.ndjson`), "utf8")).trimEnd().split("\n")) {
    const { type } = JSON.parse(line) as { type: string };
    record[type] = [...(record[type] ?? []), line];
  }
  return record;
}

async function orderFault(order: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  await fetch(serving.faultsUrl, { method: "POST", headers, body: JSON.stringify(order) });
}

/**
 * Slows down all subscriptions, including those on connections that are opened later. @returns a function that makes
 * subscriptions fast again
 */
async function slowDown(): Promise<() => Promise<void>> {
  const order = () => orderFault({ fault: `slow=${SLOW_BYTES_PER_SECOND}:subscription` });
  const timer = setInterval(() => void order().catch(() => {}), 40);
  return async () => {
    clearInterval(timer);
    await orderFault({ clear: true });
  };
}

/** Returns a generator of random numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const exists = (name: string) =>
  access(join(folder, name)).then(
    () => true,
    () => false,
  );

it.each(Array.from({ length: RUNS }, (_, run) => run))(
  `\`run --checkpoint\` writes a complete record after the same command was killed at random moments (round %i, seed ${SEED})`,
  async (run) => {
    const random = randomFrom(SEED + run);
    const name = `run-${run}`;
    const args = runArgs(name, "--checkpoint", join(folder, `${name}.checkpoint`), "--checkpoint-every", "0.1");
    // Every third run has slow subscriptions. Some kills then happen after the session ends, but before its subscriptions end.
    const isSlow = run % 3 === 0;
    const restore = isSlow ? await slowDown() : undefined;
    const kills = 1 + Math.floor(random() * MAX_KILLS);
    try {
      for (let kill = 0; kill < kills; kill++) {
        const cli = startCli(args);
        const timer = setTimeout(() => cli.kill("SIGKILL"), random() * durationMs * (isSlow ? 3 : 1.2));
        const { code, text } = await cli.done;
        clearTimeout(timer);
        expect([0, 137], text).toContain(code);
      }
    } finally {
      await restore?.();
    }
    const { code, text } = await runCli(args);
    expect(code, text).toBe(0);
    expect(await recordOf(name)).toEqual(whole);
    expect(await exists(`${name}.ndjson.lock`)).toBe(false);
    expect(await exists(`${name}.ndjson.partial`)).toBe(false);
  },
  300_000,
);

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLI } from "../../e2e/support/cli.js";
import { readPlan } from "../../src/cli/fleet/fleet-run.js";
import { createFleet, type Fleet, openFleet } from "../../src/fleet/index.js";
import { SeededRandom } from "../simulation/seeded-random.js";
import { RedisRig } from "./redis-rig.js";
import { SweepRig } from "./sweep-rig.js";

/*
 * Kills the processes of a fleet at random moments. FLEET_SEED repeats the moments of a failed test:
 * FLEET_SEED=1 npx vitest run --project slow test/fleet/fleet-kill.slow.ts
 */

const SEED = Number(process.env.FLEET_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Number of times that the process of the embedded fleet is killed. */
const EMBEDDED_KILLS = 10;
const WORKERS = 3;
/** Maximum number of times that a worker is killed or stopped. The test stops earlier if all jobs have completed. */
const WORKER_KILLS = 20;
/** The signals that stop Redis. Each key is a value of the loop variable `kills`. */
const REDIS_STOPS = new Map<number, "SIGTERM" | "SIGKILL">([
  [5, "SIGTERM"],
  [10, "SIGKILL"],
]);
const QUEUE = "sweep";
const LIMIT_MS = 540_000;

let sweep: SweepRig;
let random: () => number;

beforeAll(async () => {
  console.log(`FLEET_SEED=${SEED}`);
  const numbers = new SeededRandom(`${SEED}`);
  random = () => numbers.next();
  sweep = await SweepRig.start();
}, LIMIT_MS);

afterAll(() => sweep?.close());

/** Starts a command of the CLI in its own process. */
function startCommand(args: readonly string[]) {
  const process_ = spawn(process.execPath, [CLI, "fleet", ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let text = "";
  process_.stderr.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  const exited = once(process_, "exit").then(([code, signal]) => ({ code: code as number | null, signal, text }));
  return { exited, kill: (signal: NodeJS.Signals) => process_.kill(signal), text: () => text };
}

const pause = (from: number, to: number) => new Promise((resolve) => setTimeout(resolve, from + random() * (to - from)));

async function completed(fleet: Fleet): Promise<number> {
  return (await fleet.status()).counts.completed;
}

async function untilOver(fleet: Fleet): Promise<void> {
  for (;;) {
    const { waiting, running } = (await fleet.status()).counts;
    if (waiting + running === 0) return;
    await pause(200, 300);
  }
}

describe("a fleet whose processes are killed", () => {
  it(
    "a fleet without Redis writes complete records even if its process is killed ten times",
    async () => {
      const place = join(sweep.folder, "embedded");
      const args = ["run", sweep.planFile, "--out", place, "--workers", "4"];
      for (let kill = 0; kill < EMBEDDED_KILLS; kill++) {
        const command = startCommand(args);
        await Promise.race([pause(800, 3_500), command.exited]);
        command.kill("SIGKILL");
        const { code, signal, text } = await command.exited;
        expect({ code, signal }, text).toEqual({ code: null, signal: "SIGKILL" });
      }
      const { code, text } = await startCommand(args).exited;
      expect(code, text).toBe(0);
      await sweep.expectWholeRecords(await openFleet({ connection: { folder: place } }), place);
      await sweep.expectNoSession();
    },
    LIMIT_MS,
  );

  it(
    "killing the workers and Redis of a fleet does not change the records",
    async () => {
      const redis = await RedisRig.start();
      try {
        const place = join(sweep.folder, "queued");
        const { plan, baseFolder } = await readPlan(sweep.planFile);
        const connection = { redis: redis.url, queue: QUEUE };
        const sink = { kind: "folder" as const, folder: place };
        const fleet = await createFleet({ connection, plan: { ...plan, sink }, baseFolder });
        const start = () =>
          startCommand(["work", "--redis", redis.url, "--queue", QUEUE, "--workers", "2", "--lock-time", "1.5"]);
        const workers = Array.from({ length: WORKERS }, start);
        let kills = 0;
        for (; kills < WORKER_KILLS && (await completed(fleet)) < fleet.jobs.length; kills++) {
          await pause(200, 900);
          const index = Math.floor(random() * WORKERS);
          const signal = random() < 0.5 ? "SIGKILL" : "SIGTERM";
          const worker = workers[index] as ReturnType<typeof start>;
          worker.kill(signal);
          const { code, text } = await worker.exited;
          if (signal === "SIGTERM") expect([143, null], text).toContain(code);
          workers[index] = start();
          const redisSignal = REDIS_STOPS.get(kills);
          if (redisSignal === undefined) continue;
          await redis.stop(redisSignal);
          await pause(200, 800);
          await redis.restart();
        }
        console.log(`${kills} workers were killed or stopped`);
        expect(kills).toBeGreaterThan(Math.max(...REDIS_STOPS.keys()));
        await untilOver(fleet);
        // A worker writes the manifest of a completed job before it moves the job to `completed` in Redis.
        await expect
          .poll(() => redis.command("ZCARD", `bull:${QUEUE}:completed`), { timeout: 60_000 })
          .toBe(`${fleet.jobs.length}`);
        for (const list of ["wait", "active", "paused"]) expect(await redis.command("LLEN", `bull:${QUEUE}:${list}`)).toBe("0");
        for (const set of ["delayed", "failed"]) expect(await redis.command("ZCARD", `bull:${QUEUE}:${set}`)).toBe("0");
        await sweep.expectWholeRecords(fleet, place);
        for (const worker of workers) worker.kill("SIGTERM");
        for (const worker of workers) expect((await worker.exited).code).toBe(143);
        await sweep.expectNoSession();
        await fleet.close();
      } finally {
        await redis.close();
      }
    },
    LIMIT_MS,
  );
});

import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { runNode } from "../../e2e/support/run-node.js";
import { createFleet, type FleetEvents, type JobProgress, openFleet, startFleetWorker } from "../../src/fleet/index.js";
import { VERSION } from "../../src/version.js";
import { START, useFleetRig } from "./fleet-rig.js";
import { RedisRig } from "./redis-rig.js";

let redis: RedisRig;

beforeAll(async () => {
  redis = await RedisRig.start();
});
afterAll(() => redis?.close());

let queues = 0;
/** Returns a queue that no other test uses. */
const newQueue = () => ({ redis: redis.url, queue: `test-${++queues}` });

describe("a fleet on Redis", () => {
  const rig = useFleetRig({ slotDelayMs: 5 });

  /** Creates a fleet of two jobs, and collects its events. */
  async function start(connection: ReturnType<typeof newQueue>, more: Parameters<typeof rig.plan>[0] = {}) {
    const sink = { kind: "folder" as const, folder: rig.folder };
    const fleet = await createFleet({ connection, plan: rig.plan({ sink, checkpointEveryMs: 50, ...more }) });
    onTestFinished(() => fleet.close());
    const seen: string[] = [];
    const names: (keyof FleetEvents)[] = ["started", "completed", "cancelled", "failed", "retried", "stalled", "error"];
    for (const name of names) {
      fleet.on(name, (event) =>
        seen.push(
          `${name} ${"job" in event ? fleet.jobs.indexOf(fleet.jobs.find(({ id }) => id === event.job.id)!) : event.error.message}`,
        ),
      );
    }
    return { fleet, seen, sink };
  }

  const work = async (connection: ReturnType<typeof newQueue>) => {
    const worker = await startFleetWorker({ connection, concurrency: 1, lockMs: 2_000, stalledCheckMs: 2_000 });
    onTestFinished(() => worker.close());
    return worker;
  };

  test("a fleet on Redis emits the progress and the results of its jobs", async () => {
    const connection = newQueue();
    const { fleet, seen } = await start(connection);
    const progress = vi.fn<(progress: JobProgress) => void>();
    const results: unknown[] = [];
    fleet.on("progress", progress).on("completed", (result) => results.push(result));
    const worker = await work(connection);
    const expected: unknown[] = [];
    worker.on("completed", (result) => expected.push(result));
    await expect.poll(() => results).toHaveLength(2);
    expect(results).toEqual(expected);
    expect(seen).toEqual(["started 0", "completed 0", "started 1", "completed 1"]);
    for (const [{ job, slot, done, tally }] of progress.mock.calls) {
      expect(fleet.jobs).toContain(job);
      expect([typeof slot, typeof done, typeof tally.transactions]).toEqual([
        expect.stringMatching(/bigint|undefined/),
        "number",
        "number",
      ]);
    }
    expect(progress.mock.calls.map(([{ job }]) => job)).toEqual(expect.arrayContaining([...fleet.jobs]));
    expect((await fleet.status()).counts).toEqual({ waiting: 0, running: 0, completed: 2, failed: 0, cancelled: 0 });
  });

  test("cancel() ends waiting and running jobs on Redis, and retry() runs them again", async () => {
    const connection = newQueue();
    const { fleet, seen, sink } = await start(connection);
    expect(await fleet.cancel([fleet.jobs[1]!.id])).toBe(1);
    await expect.poll(() => seen).toEqual(["cancelled 1"]);
    const worker = await work(connection);
    const other = await openFleet({ connection, sink });
    onTestFinished(() => other.close());
    const started = vi.fn();
    fleet.on("progress", started);
    await expect.poll(() => started).toHaveBeenCalled();
    await other.cancel();
    await expect.poll(() => seen).toEqual(["cancelled 1", "started 0", expect.stringMatching(/^(cancelled|completed) 0$/)]);
    const { counts } = await fleet.status();
    expect(counts.waiting + counts.running).toBe(0);
    expect(await fleet.retry()).toBe(counts.cancelled);
    await expect.poll(async () => (await fleet.status()).counts.completed).toBe(2);
    await expect.poll(() => seen.at(-1)).toMatch(/^completed/);
    await worker.close();
  });

  test("a fleet on Redis emits `failed` for a job that failed, and retry() starts the job again", async () => {
    const connection = newQueue();
    // The simulator does not have these slots.
    const ranges = [{ startSlot: START + 5_000n, endSlot: START + 5_010n }];
    const { fleet, seen } = await start(connection, { ranges, retries: 0 });
    const failures: unknown[] = [];
    fleet.on("failed", ({ failure }) => failures.push(failure.code));
    await work(connection);
    await expect.poll(() => seen).toEqual(["started 0", "failed 0"]);
    expect((await fleet.status()).counts.failed).toBe(1);
    expect(await fleet.retry()).toBe(1);
    await expect.poll(() => seen).toEqual(["started 0", "failed 0", "started 0", "failed 0"]);
    expect(failures).toEqual(["create", "create"]);
  });

  test("fleet.on() throws an error with the code `unsupported` for a fleet that is stored in a folder", async () => {
    const fleet = await createFleet({ connection: { folder: rig.folder }, plan: rig.plan() });
    expect(() => fleet.on("progress", () => {})).toThrow(expect.objectContaining({ code: "unsupported" }));
  });
});

/** Bundles a program from the sources, because dist may be older than the sources. */
async function program(code: string): Promise<string> {
  const folder = fileURLToPath(new URL("../../node_modules/.cache/simulator-client", import.meta.url));
  await mkdir(folder, { recursive: true });
  const outfile = `${folder}/fleet-program-${process.pid}.mjs`;
  await build({
    stdin: {
      contents: `import { createFleet, startFleetWorker } from "./src/fleet/index.ts";\n${code}`,
      resolveDir: process.cwd(),
    },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    define: { __VERSION__: JSON.stringify(VERSION) },
    logLevel: "error",
  });
  return outfile;
}

/** A program must end by itself after it has closed its worker, even if Redis is not reachable. */
describe("a program with a worker on Redis exits after close()", () => {
  const START_WORKER = `const worker = await startFleetWorker({ connection: { redis: process.env.REDIS, queue: "exit" } });
    worker.on("error", () => {});\n`;
  const CLOSE = `process.stdout.write("closing ");
    await worker.close();
    process.stdout.write("closed");`;

  test("a program exits after worker.close() if Redis is reachable", async () => {
    const file = await program(`${START_WORKER} await new Promise((resolve) => setTimeout(resolve, 500));\n${CLOSE}`);
    const { code, stdout, stderr } = await runNode(process.cwd(), [file], { env: { REDIS: redis.url } });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "closing closed", stderr: "" });
  });

  test("a program exits after worker.close() if Redis is not reachable", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const file = await program(START_WORKER + CLOSE);
    const { code, stdout } = await runNode(process.cwd(), [file], {
      env: { REDIS: `redis://127.0.0.1:${port}` },
      limitMs: 60_000,
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "closing closed" });
  });

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "a program exits after worker.close() if Redis is stopped with %s and restarted later",
    async (signal) => {
      const own = await RedisRig.start();
      onTestFinished(() => own.close());
      // The program waits until Redis is down, and then closes its worker.
      const wait = `const { createConnection } = await import("node:net");
      const { port } = new URL(process.env.REDIS);
      const isUp = () => new Promise((resolve) => {
        const socket = createConnection(port, "127.0.0.1", () => resolve(socket.destroy() && true)).on("error", () => resolve(false));
      });
      process.stdout.write("ready ");
      while (await isUp()) await new Promise((resolve) => setTimeout(resolve, 50));\n`;
      const file = await program(`${START_WORKER} await new Promise((resolve) => setTimeout(resolve, 500));\n${wait}${CLOSE}`);
      const ending = runNode(process.cwd(), [file], { env: { REDIS: own.url }, limitMs: 60_000 });
      const isConnected = async () => (await own.command("CLIENT", "LIST")).includes("cmd=bzpopmin");
      await expect.poll(isConnected).toBe(true);
      await own.stop(signal);
      // Gives the program 3 s to close its worker while Redis is stopped.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await own.restart();
      const { code, stdout } = await ending;
      expect({ code, stdout }).toEqual({ code: 0, stdout: "ready closing closed" });
    },
  );
});

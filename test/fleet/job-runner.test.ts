import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRecord } from "../../src/compare/index.js";
import { type JobContext, runJob } from "../../src/fleet/jobs/job-runner.js";
import { JobSessions, newClaim } from "../../src/fleet/jobs/job-session.js";
import { ManifestStore } from "../../src/fleet/jobs/manifest-store.js";
import { defineFleet, type FleetJob, jobsOf } from "../../src/fleet/plan/fleet-definition.js";
import { checkPlan, type FleetPlan } from "../../src/fleet/plan/fleet-plan.js";
import { recordOf } from "../../src/fleet/records.js";
import { BacktestClient, SimulatorError } from "../../src/index.js";
import { useFleetRig } from "./fleet-rig.js";
import { MemoryStore } from "./memory-store.js";

const rig = useFleetRig();

async function setUp(more: Partial<FleetPlan> = {}) {
  const store = new MemoryStore();
  const plan = checkPlan({ ...rig.plan({ checkpointEveryMs: 10, advanceCount: 1, ...more }) }, rig.folder);
  const definition = await defineFleet(plan, store, { baseFolder: rig.folder, bundles: async () => [] });
  const [job] = jobsOf(definition) as [FleetJob];
  const manifests = new ManifestStore(store, job, "ndjson");
  const run = (context: Partial<JobContext> = {}) => {
    const signal = new AbortController().signal;
    return runJob({ definition, job, store, owner: "a", simulator: { url: rig.simulator.url }, signal, ...context });
  };
  return { store, definition, job, manifests, run };
}

/** Returns the slots in the record of a job. */
async function slotsOf({ definition, store, job }: Awaited<ReturnType<typeof setUp>>): Promise<number[]> {
  const slots: number[] = [];
  for await (const entry of readRecord(await recordOf(definition, store, [job]))) {
    if (entry.type === "other" && entry.name === "slot") slots.push(Number(entry.value.slot));
  }
  return slots;
}

const ALL_SLOTS = Array.from({ length: 20 }, (_, index) => 300_000_000 + index);

/** Waits until all sessions of the simulator have ended. */
async function expectNoSession(): Promise<void> {
  await using client = new BacktestClient({ url: rig.simulator.url, logger: false });
  const since = new Date(Date.now() - 3_600_000).toISOString();
  await expect
    .poll(async () => {
      let ended = 0;
      for await (const _ of client.usageSessions({ since })) ended++;
      return rig.simulator.record.sessions.length - ended;
    })
    .toBe(0);
}

describe("an attempt at a job", () => {
  it("an attempt leaves its session open if another worker takes over the job", async () => {
    const fleet = await setUp();
    let taken: Promise<unknown> | undefined;
    const takeOver = async (): Promise<void> => {
      const found = await fleet.manifests.load();
      await fleet.manifests.replace(found, { owner: "b", epoch: found.generation + 1 });
    };
    const end = await fleet.run({
      handleProgress: () => {
        taken ??= takeOver();
      },
    });
    await taken;
    expect(end).toEqual({ kind: "fenced" });
    expect(await fleet.manifests.load()).toMatchObject({ state: "running", owner: "b" });
    expect(await fleet.run({ owner: "b" })).toMatchObject({ kind: "completed" });
    expect(await slotsOf(fleet)).toEqual(ALL_SLOTS);
    await expectNoSession();
  });

  it("if a worker is killed before it saves a checkpoint, the next attempt at the job closes the session of this worker", async () => {
    const fleet = await setUp();
    const claim = newClaim();
    const signal = new AbortController().signal;
    const killed = new JobSessions({ url: rig.simulator.url }, fleet.definition, fleet.job, signal);
    await (await killed.start(claim)).detach();
    await fleet.manifests.replace(await fleet.manifests.load(), { state: "running", owner: "killed", epoch: 1, claim });
    expect(await fleet.run()).toMatchObject({ kind: "completed" });
    expect(rig.simulator.record.sessions).toHaveLength(2);
    await expectNoSession();
  });

  it("if a worker is killed after a job has completed, the next attempt closes the session of the job", async () => {
    const fleet = await setUp();
    const claim = newClaim();
    const signal = new AbortController().signal;
    const killed = new JobSessions({ url: rig.simulator.url }, fleet.definition, fleet.job, signal);
    await (await killed.start(claim)).detach();
    await fleet.manifests.replace(await fleet.manifests.load(), { state: "completed", claim });
    expect(await fleet.run()).toMatchObject({ kind: "completed" });
    expect((await fleet.manifests.load()).claim).toBeNull();
    await expectNoSession();
  });

  it("a job has a complete record even if the sink failed during its first attempt", async () => {
    const fleet = await setUp();
    let writes = 0;
    fleet.store.handleWrite = () => {
      writes++;
      if (writes === 9) throw new SimulatorError("sink", "the disk is full");
    };
    expect(await fleet.run()).toMatchObject({ kind: "retry", failure: { code: "sink" } });
    expect(await fleet.run()).toMatchObject({ kind: "completed" });
    expect(await slotsOf(fleet)).toEqual(ALL_SLOTS);
    // If no checkpoint was saved, the second attempt needs a new session.
    expect(rig.simulator.record.sessions.length).toBeLessThanOrEqual(2);
    await expectNoSession();
  });

  it("a job starts its range again if the server no longer has the session", async () => {
    const fleet = await setUp();
    const stop = new AbortController();
    expect(await fleet.run({ signal: stop.signal, handleProgress: () => stop.abort() })).toEqual({ kind: "released" });
    const { checkpoint, segments } = await fleet.manifests.load();
    expect(segments.length).toBeGreaterThan(0);
    await using client = new BacktestClient({ url: rig.simulator.url, logger: false });
    await (await client.resumeSession(checkpoint as never)).shutdown();
    expect(await fleet.run()).toMatchObject({ kind: "completed" });
    expect(await slotsOf(fleet)).toEqual(ALL_SLOTS);
    expect(rig.simulator.record.sessions).toHaveLength(2);
  });

  it("a job records the events that its strategy yields, and passes the parameters of the variant to the strategy", async () => {
    const strategy = `export default async function* (session, { parameters, signal }) {
      for await (const event of session.run({ step: 5, signal })) if (event.type !== "slot" || event.slot % BigInt(parameters.every) === 0n) yield event;
    }`;
    await writeFile(join(rig.folder, "strategy.mjs"), strategy);
    const fleet = await setUp({ strategy: "./strategy.mjs", variants: [{ name: "baseline", parameters: { every: 5 } }] });
    expect(await fleet.run()).toMatchObject({ kind: "completed" });
    expect(await slotsOf(fleet)).toEqual([300_000_000, 300_000_005, 300_000_010, 300_000_015]);
  });

  it("a failed attempt is retried only if a retry can fix the error", async () => {
    const missing = await setUp({ strategy: "./missing.mjs" });
    expect(await missing.run()).toMatchObject({ kind: "failed", failure: { code: "invalidParams" } });
    const outside = await setUp({ ranges: [{ startSlot: 900, endSlot: 909 }], retries: 1 });
    expect(await outside.run({ random: () => 0 })).toMatchObject({ kind: "retry", afterMs: 1_000 });
    expect(await outside.run()).toMatchObject({ kind: "failed", failure: { code: "create" } });
    expect(await outside.manifests.load()).toMatchObject({ state: "failed", failures: 2 });
    await expectNoSession();
  });
});

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFleet, type JobProgress, openFleet, startFleetWorker } from "../../src/fleet/index.js";
import { bySource, recordDirectly, recordLines, SLOTS, START, useFleetRig } from "./fleet-rig.js";

const rig = useFleetRig();

describe("a fleet in a folder", () => {
  it("a fleet runs every range with every variant, and records the same events as a client without a fleet", async () => {
    const connection = { folder: rig.folder };
    const variants = [{ name: "baseline" }, { name: "more", session: { extraComputeUnits: 1_000 } }];
    const fleet = await createFleet({ connection, plan: rig.plan({ variants }) });
    expect(fleet.jobs.map(({ id }) => id)).toEqual([
      "300000000-300000019.baseline",
      "300000000-300000019.more",
      "300000020-300000039.baseline",
      "300000020-300000039.more",
    ]);
    const worker = await startFleetWorker({ connection, concurrency: 2 });
    const completed: string[] = [];
    const progress: JobProgress[] = [];
    worker.on("completed", ({ job }) => completed.push(job.id));
    worker.on("progress", (one) => progress.push(one));
    await worker.done;
    expect([...completed].sort()).toEqual(fleet.jobs.map(({ id }) => id).sort());
    expect(progress.at(-1)?.done).toBe(1);
    const { counts } = await fleet.status();
    expect(counts).toEqual({ waiting: 0, running: 0, completed: 4, failed: 0, cancelled: 0 });
    const programs = [...rig.simulator.programs].slice(0, 1);
    for (const { id, startSlot, endSlot } of fleet.jobs) {
      if (id.endsWith(".more")) continue;
      const direct = await recordDirectly(rig.simulator.url, { startSlot, endSlot, programs });
      expect(bySource(await recordLines(rig.folder, id))).toEqual(bySource(direct));
    }
  });

  it("a fleet resumes its jobs after its worker was closed, and records each event once", async () => {
    const connection = { folder: rig.folder };
    const ranges = [{ startSlot: START, endSlot: START + SLOTS - 1n }];
    const fleet = await createFleet({ connection, plan: rig.plan({ ranges, advanceCount: 1, checkpointEveryMs: 10 }) });
    const [job] = fleet.jobs;
    for (let attempt = 0; attempt < 4; attempt++) {
      const worker = await startFleetWorker({ connection, concurrency: 1 });
      const released: string[] = [];
      worker.on("released", (event) => released.push(event.job.id));
      await new Promise<void>((resolve) => {
        worker.on("progress", () => resolve());
      });
      await worker.close();
      expect(released).toEqual([job?.id]);
    }
    await (await startFleetWorker({ connection })).done;
    const programs = [...rig.simulator.programs].slice(0, 1);
    const direct = await recordDirectly(rig.simulator.url, { startSlot: START, endSlot: START + SLOTS - 1n, programs });
    expect(bySource(await recordLines(rig.folder, job?.id ?? ""))).toEqual(bySource(direct));
    // The attempts of the job shared one session. `recordDirectly` created the second session.
    expect(rig.simulator.record.sessions).toHaveLength(2);
  });

  it("a fleet in a folder refuses a second worker while the first worker runs", async () => {
    const connection = { folder: rig.folder };
    await createFleet({ connection, plan: rig.plan() });
    const first = await startFleetWorker({ connection });
    await expect(startFleetWorker({ connection })).rejects.toMatchObject({ code: "sink" });
    await first.close();
  });

  it("createFleet refuses a different plan for the folder of a fleet, and accepts the same plan", async () => {
    const connection = { folder: rig.folder };
    const first = await createFleet({ connection, plan: rig.plan() });
    expect((await createFleet({ connection, plan: rig.plan() })).id).toBe(first.id);
    await expect(createFleet({ connection, plan: rig.plan({ retries: 7 }) })).rejects.toMatchObject({ code: "sink" });
  });

  it("cancel() stops the running job of a fleet, and retry() lets a worker run the job again", async () => {
    const connection = { folder: rig.folder };
    const ranges = [{ startSlot: START, endSlot: START + SLOTS - 1n }];
    const fleet = await createFleet({ connection, plan: rig.plan({ ranges, advanceCount: 1, checkpointEveryMs: 10 }) });
    const worker = await startFleetWorker({ connection });
    const cancelled: string[] = [];
    worker.on("cancelled", ({ job }) => cancelled.push(job.id));
    let cancelling: Promise<number> | undefined;
    worker.on("progress", () => {
      cancelling ??= fleet.cancel();
    });
    await worker.done;
    expect(await cancelling).toBe(1);
    expect(cancelled).toEqual([fleet.jobs[0]?.id]);
    expect((await fleet.status()).counts.cancelled).toBe(1);
    expect(await fleet.retry()).toBe(1);
    await (await startFleetWorker({ connection })).done;
    expect((await (await openFleet({ connection })).status()).counts.completed).toBe(1);
  });

  it("a fleet keeps only the newest manifest of a completed job, and no temporary files", async () => {
    const connection = { folder: rig.folder };
    const fleet = await createFleet({ connection, plan: rig.plan({ advanceCount: 1, checkpointEveryMs: 10 }) });
    await (await startFleetWorker({ connection })).done;
    for (const { id } of fleet.jobs) {
      const names = await readdir(join(rig.folder, "jobs", id));
      expect(names.filter((name) => name.startsWith("manifest-"))).toHaveLength(1);
      expect(names.filter((name) => name.startsWith(".tmp-"))).toEqual([]);
    }
  });

  it("the report of a fleet compares each variant with the first variant", async () => {
    const connection = { folder: rig.folder };
    const variants = [{ name: "baseline" }, { name: "more", session: { extraComputeUnits: 1_000 } }];
    const fleet = await createFleet({ connection, plan: rig.plan({ variants }) });
    await (await startFleetWorker({ connection })).done;
    const report = await fleet.report();
    expect(report).toMatchObject({ baseline: "baseline", incomplete: 0 });
    const [{ variant, ranges, comparison } = {}] = report.variants;
    expect(variant).toBe("more");
    expect(ranges).toHaveLength(2);
    expect(comparison?.summary).toMatchObject({ different: 0, warnings: [] });
    expect(comparison?.summary.same).toBeGreaterThan(0);
    expect(comparison?.summary.a.isComplete).toBe(true);
  });
});

describe("the formats of a fleet", () => {
  it.each(["csv", "parquet"] as const)("fleet.record() rejects if the fleet records in the format %s", async (format) => {
    const connection = { folder: rig.folder };
    const fleet = await createFleet({ connection, plan: rig.plan({ format, checkpointEveryMs: 10, advanceCount: 5 }) });
    await (await startFleetWorker({ connection })).done;
    expect((await fleet.status()).counts.completed).toBe(2);
    await expect(fleet.record(fleet.jobs[0]?.id ?? "")).rejects.toMatchObject({ code: "unsupported" });
  });
});

import { readdir, readFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type { ManagedEvent } from "../../../src/channels/managed-events.js";
import { Recording } from "../../../src/cli/run/recording.js";
import type { RunPlan } from "../../../src/cli/run/run-plan.js";
import { capturedOutput } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";
import { SESSION, samplePlan } from "./sample-plan.js";

const folder = useFolder();
let plan: RunPlan;

beforeEach(() => {
  plan = samplePlan(folder.path);
});

const slot = (number: bigint): ManagedEvent => ({ type: "slot", slot: number });
const open = (now = () => 0) => Recording.open(plan, capturedOutput(), now);
const slotsIn = (text: string) => [...text.matchAll(/"type":"slot","slot":(\d+)/g)].map(([, number]) => Number(number));

describe("a recording by several processes", () => {
  it("a recording contains every event exactly once, even if several processes wrote it one after the other", async () => {
    // Each process records these slots, and is then killed. The slots in `lost` come after the last checkpoint of the process.
    const processes: [kept: bigint[], lost: bigint[]][] = [
      [
        [1n, 2n],
        [3n, 4n],
      ],
      [[], [3n]],
      [[3n, 4n, 5n], []],
      [[6n], [7n, 8n, 9n]],
    ];
    for (const [kept, lost] of processes) {
      const { recording } = await open();
      for (const number of kept) recording.add(slot(number));
      await recording.save(SESSION);
      for (const number of lost) recording.add(slot(number));
      // Writes the buffered events and closes the file, to simulate the end of the process.
      await recording.keepPartial();
    }
    const { recording, resumed } = await open();
    expect(resumed).toEqual(SESSION);
    expect(recording.tally.slots).toBe(6);
    for (const number of [7n, 8n, 9n]) recording.add(slot(number));
    recording.add({ type: "completed" });
    await recording.complete();
    expect(slotsIn(await readFile(folder.path("run.ndjson"), "utf8"))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(recording.tally.slots).toBe(9);
    expect((await readdir(folder.path())).sort()).toEqual(["run.ndjson", "state"]);
  });

  it("the next process renames the partial file of a recording if the file contains all events", async () => {
    const { recording } = await open();
    recording.add(slot(1n));
    await recording.save(undefined);
    await recording.keepPartial();
    const next = await open();
    expect(next.resumed).toBe("completed");
    await next.recording.complete();
    expect(slotsIn(await readFile(folder.path("run.ndjson"), "utf8"))).toEqual([1]);
    expect((await readdir(folder.path())).sort()).toEqual(["run.ndjson", "state"]);
  });

  it("a process that opens a complete recording does not change it", async () => {
    const first = (await open()).recording;
    first.add(slot(1n));
    await first.complete();
    const record = await readFile(folder.path("run.ndjson"), "utf8");
    const next = await open();
    expect(next.resumed).toBe("completed");
    expect([next.recording.tally.slots, next.recording.bytes]).toEqual([1, record.length]);
    await next.recording.complete();
    expect(await readFile(folder.path("run.ndjson"), "utf8")).toBe(record);
  });

  it("a recording cannot be resumed if its partial record is missing", async () => {
    const { recording } = await open();
    await recording.save(SESSION);
    await recording.discard();
    await expect(open()).rejects.toThrow("no longer exists");
  });

  it("the run time of a resumed recording includes the time of the earlier process", async () => {
    let now = 0;
    const first = (await open(() => now)).recording;
    now = 2_000;
    await first.save(SESSION);
    await first.keepPartial();
    const second = (await open(() => now)).recording;
    now = 3_000;
    expect(second.seconds).toBe(3);
    await second.discard();
  });
});

describe("a recording", () => {
  it("a recording saves its first checkpoint after the first slot is executed, and further checkpoints periodically", async () => {
    let now = 0;
    const { recording } = await open(() => now);
    now = 10_000;
    recording.add({ type: "status", status: "startingRuntime" });
    recording.add({ type: "readyForContinue" });
    expect(recording.isSaveDue).toBe(false);
    recording.add(slot(1n));
    expect(recording.isSaveDue).toBe(true);
    await recording.save(SESSION);
    expect(recording.isSaveDue).toBe(false);
    now = 11_000;
    expect(recording.isSaveDue).toBe(true);
    await recording.discard();
  });

  it("`isSaveDue` of a recording is `false` if the run has no --checkpoint", async () => {
    plan = samplePlan(folder.path, { checkpoint: undefined });
    const { recording } = await open();
    recording.add(slot(1n));
    expect(recording.isSaveDue).toBe(false);
    await recording.discard();
  });

  it("a recording of a parallel run adds up the server summaries of its sub-ranges", async () => {
    const summary = {
      correctSimulation: 1,
      incorrectSimulation: 0,
      executionErrors: 0,
      balanceDiff: 0,
      logDiff: 0,
      unsanitizable: 0,
    };
    const { recording } = await open();
    for (let part = 0; part < 2; part++) recording.add({ type: "completed", summary });
    expect(recording.summary?.correctSimulation).toBe(2);
    await recording.discard();
  });

  it("a recording counts events even if the run has no --out", async () => {
    plan = samplePlan(folder.path, { out: undefined, checkpoint: undefined });
    const { recording } = await open();
    recording.add(slot(1n));
    await recording.flushIfDue();
    await recording.complete();
    expect([recording.tally.slots, recording.bytes]).toEqual([1, 0]);
    expect(await readdir(folder.path())).toEqual([]);
  });

  it("a recording fails to open while another recording writes the same file, even with a different checkpoint", async () => {
    const { recording } = await open();
    await expect(open()).rejects.toMatchObject({ code: "fileLocked" });
    plan = samplePlan(folder.path, { checkpoint: folder.path("other") });
    await expect(open()).rejects.toThrow("another process is writing it");
    await recording.discard();
    const next = await open();
    await next.recording.discard();
    expect(await readdir(folder.path())).toEqual([]);
  });
});

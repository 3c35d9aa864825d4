import { readdir, readFile, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type { ManagedEvent } from "../../../src/channels/managed-events.js";
import { Recording } from "../../../src/cli/run/recording.js";
import type { RunPlan } from "../../../src/cli/run/run-plan.js";
import type { SessionCheckpoint } from "../../../src/session/checkpoint.js";
import { capturedOutput } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";
import { PROGRAM } from "./sample-events.js";

const folder = useFolder();
let plan: RunPlan;

beforeEach(() => {
  plan = {
    url: "ws://127.0.0.1:1/backtest",
    startSlot: 1n,
    endSlot: 9n,
    programs: [PROGRAM],
    streams: ["transaction"],
    isParallel: false,
    out: { file: folder.path("run.ndjson"), format: "ndjson" },
    checkpoint: folder.path("state"),
    checkpointEveryMs: 1_000,
  };
});

const session: SessionCheckpoint = {
  version: 1,
  sessionId: "backtest_0123456789abcdef0123456789abcdef",
  startSlot: "1",
  endSlot: "9",
  sequence: null,
  atStop: true,
  pendingContinue: null,
  subscriptions: [],
};
const slot = (number: bigint): ManagedEvent => ({ type: "slot", slot: number });
const open = (now = () => 0) => Recording.open(plan, capturedOutput(), now);
const slotsIn = (text: string) => [...text.matchAll(/"type":"slot","slot":(\d+)/g)].map(([, number]) => Number(number));

describe("a recording that is interrupted at any moment", () => {
  it("loses nothing and doubles nothing", async () => {
    // Each is a process: what it takes before its last checkpoint, and what it takes and writes after it, before it is killed.
    const lives: [kept: bigint[], lost: bigint[]][] = [
      [
        [1n, 2n],
        [3n, 4n],
      ],
      [[], [3n]],
      [[3n, 4n, 5n], []],
      [[6n], [7n, 8n, 9n]],
    ];
    for (const [kept, lost] of lives) {
      const { recording } = await open();
      for (const number of kept) recording.take(slot(number));
      await recording.save(session);
      for (const number of lost) recording.take(slot(number));
      // What was written is on the disk; the handle goes with the process.
      await recording.leave();
    }
    const { recording, resumed } = await open();
    expect(resumed).toEqual(session);
    expect(recording.tally.slots).toBe(6);
    for (const number of [7n, 8n, 9n]) recording.take(slot(number));
    recording.take({ type: "completed" });
    await recording.complete();
    expect(slotsIn(await readFile(folder.path("run.ndjson"), "utf8"))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(recording.tally.slots).toBe(9);
    expect(await readdir(folder.path())).toEqual(["run.ndjson"]);
  });

  it("is done, if all but the renaming was", async () => {
    const { recording } = await open();
    recording.take(slot(1n));
    await recording.save(undefined);
    await recording.leave();
    const again = await open();
    expect(again.resumed).toBe("completed");
    await again.recording.complete();
    expect(slotsIn(await readFile(folder.path("run.ndjson"), "utf8"))).toEqual([1]);
    expect(await readdir(folder.path())).toEqual(["run.ndjson"]);
  });

  it("is done, if all but deleting the checkpoint was", async () => {
    const { recording } = await open();
    recording.take(slot(1n));
    await recording.save(undefined);
    const state = await readFile(folder.path("state"));
    await recording.complete();
    await writeFile(folder.path("state"), state);
    const again = await open();
    expect(again.resumed).toBe("completed");
    await again.recording.complete();
    expect(await readdir(folder.path())).toEqual(["run.ndjson"]);
  });

  it("doesn't go on if the record is gone", async () => {
    const { recording } = await open();
    await recording.save(session);
    await recording.discard();
    await expect(open()).rejects.toThrow("isn't there any more");
  });
});

describe("a recording", () => {
  it("saves when it is time, and only with a checkpoint", async () => {
    let now = 0;
    const { recording } = await open(() => now);
    expect(recording.isSaveDue).toBe(false);
    now = 1_000;
    expect(recording.isSaveDue).toBe(true);
    await recording.save(session);
    expect(recording.isSaveDue).toBe(false);
    await recording.leave();
    const { checkpoint: _, ...rest } = plan;
    const without = await Recording.open({ ...rest, checkpoint: undefined }, capturedOutput(), () => now);
    now = 100_000;
    expect(without.recording.isSaveDue).toBe(false);
    await without.recording.discard();
  });

  it("counts the time of all processes, and the summaries of all parts", async () => {
    const summary = {
      correctSimulation: 1,
      incorrectSimulation: 0,
      executionErrors: 0,
      balanceDiff: 0,
      logDiff: 0,
      unsanitizable: 0,
    };
    let now = 0;
    const first = (await open(() => now)).recording;
    now = 2_000;
    first.take({ type: "completed", summary });
    await first.save(session);
    await first.leave();
    const second = (await open(() => now)).recording;
    now = 3_000;
    second.take({ type: "completed", summary });
    expect(second.seconds).toBe(3);
    expect(second.summary?.correctSimulation).toBe(2);
    await second.discard();
  });

  it("counts where nothing is recorded", async () => {
    const { recording } = await Recording.open({ ...plan, out: undefined, checkpoint: undefined }, capturedOutput());
    recording.take(slot(1n));
    await recording.settle();
    await recording.complete();
    expect([recording.tally.slots, recording.bytes]).toEqual([1, 0]);
    expect(await readdir(folder.path())).toEqual([]);
  });
});

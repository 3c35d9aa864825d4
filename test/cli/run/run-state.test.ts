import { readdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { Failure, UsageError } from "../../../src/cli/command-failure.js";
import type { RunPlan } from "../../../src/cli/run/run-plan.js";
import { checkSameRun, loadRunState, type RunState, saveRunState } from "../../../src/cli/run/run-state.js";
import { emptyTally } from "../../../src/compare/run-tally.js";
import { useFolder } from "../support/temporary-folder.js";
import { SESSION, samplePlan } from "./sample-plan.js";

const folder = useFolder();

const plan = samplePlan(folder.path, {
  startSlot: 300_000_000n,
  endSlot: 2n ** 64n - 1n,
  streams: ["transaction", "accountDiff"],
  out: { file: "/folder/run.csv", format: "csv" },
});

const state: RunState = {
  run: plan,
  session: { ...SESSION, sequence: "7", atStop: false },
  outBytes: 123,
  tally: { ...emptyTally(), slots: 5 },
  seconds: 1.5,
  summary: undefined,
};

describe("a checkpoint file", () => {
  it("loadRunState returns the state that saveRunState wrote, and the checkpoint file contains no URL", async () => {
    await saveRunState(folder.path("state"), state);
    const loaded = await loadRunState(folder.path("state"));
    const { startSlot, endSlot, programs, streams, out } = plan;
    expect(loaded).toEqual({ ...state, run: { startSlot, endSlot, programs, streams, out } });
    expect(await readFile(folder.path("state"), "utf8")).not.toContain("127.0.0.1");
    expect(await readdir(folder.path())).toEqual(["state"]);
  });

  it("a checkpoint file keeps the summary of a completed run", async () => {
    const summary = {
      correctSimulation: 1,
      incorrectSimulation: 2,
      executionErrors: 3,
      balanceDiff: 4,
      logDiff: 5,
      unsanitizable: 6,
    };
    const over = { ...state, session: undefined, summary, run: { ...plan, out: undefined } };
    await saveRunState(folder.path("state"), over);
    expect(await loadRunState(folder.path("state"))).toMatchObject({ session: undefined, summary, run: { out: undefined } });
  });

  it("loadRunState returns undefined if the checkpoint file does not exist", async () => {
    expect(await loadRunState(folder.path("nowhere"))).toBeUndefined();
  });

  it("a checkpoint file stays valid if the process is killed while it writes the next checkpoint", async () => {
    await saveRunState(folder.path("state"), state);
    await writeFile(folder.path("state.tmp"), '{"version":1,"ru');
    expect((await loadRunState(folder.path("state")))?.outBytes).toBe(123);
    await saveRunState(folder.path("state"), { ...state, outBytes: 456 });
    expect((await loadRunState(folder.path("state")))?.outBytes).toBe(456);
    expect(await readdir(folder.path())).toEqual(["state"]);
  });

  it.each([
    ["is empty", ""],
    ["ends too early", '{"version":1,"run":{'],
    ["contains another object", '{"hello":"world"}'],
    ["contains a list", "[]"],
    ["has another version", '{"version":2}'],
  ])("loadRunState fails with an error of one line if the checkpoint file %s", async (_, text) => {
    await writeFile(folder.path("state"), text);
    const loading = loadRunState(folder.path("state"));
    await expect(loading).rejects.toThrow(Failure);
    await expect(loading).rejects.toThrow(/is not a checkpoint[^\n]*--force to replace it$/);
  });

  it("saveRunState fails if the folder of the checkpoint file does not exist", async () => {
    await expect(saveRunState(folder.path("missing/state"), state)).rejects.toThrow(/^cannot write [^\n]*create it first$/);
  });
});

describe("checkSameRun", () => {
  it.each([
    ["--start-slot", { startSlot: 5n }],
    ["last slot", { endSlot: 300_000_005n }],
    ["--program", { programs: [] }],
    ["--transactions", { streams: ["transaction"] }],
    ["--out", { out: undefined }],
    ["--out", { out: { file: "elsewhere.csv", format: "csv" } }],
  ] as [string, Partial<RunPlan>][])("checkSameRun refuses the checkpoint of a run that had another %s", (option, other) => {
    const check = (): void => checkSameRun("state", state, { ...plan, ...other });
    expect(check).toThrow(UsageError);
    expect(check).toThrow(option);
  });

  it("checkSameRun accepts the checkpoint of a run that had another URL", () => {
    expect(() => checkSameRun("state", state, { ...plan, url: "ws://elsewhere/backtest", checkpointEveryMs: 1 })).not.toThrow();
  });
});

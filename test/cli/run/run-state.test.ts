import { readdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { Failure, UsageError } from "../../../src/cli/command-failure.js";
import type { RunPlan } from "../../../src/cli/run/run-plan.js";
import { checkSameRun, loadRunState, type RunState, saveRunState } from "../../../src/cli/run/run-state.js";
import { emptyTally } from "../../../src/cli/run/run-tally.js";
import { useFolder } from "../support/temporary-folder.js";
import { PROGRAM } from "./sample-events.js";

const folder = useFolder();

const plan: RunPlan = {
  url: "ws://127.0.0.1:1/backtest",
  startSlot: 300_000_000n,
  endSlot: 2n ** 64n - 1n,
  programs: [PROGRAM],
  streams: ["transaction", "accountDiff"],
  isParallel: false,
  out: { file: folder.path("run.csv"), format: "csv" },
  checkpoint: folder.path("state"),
  checkpointEveryMs: 5_000,
};

const state: RunState = {
  run: plan,
  session: {
    version: 1,
    sessionId: "backtest_0123456789abcdef0123456789abcdef",
    startSlot: "300000000",
    endSlot: "18446744073709551615",
    sequence: "7",
    atStop: false,
    pendingContinue: null,
    subscriptions: [],
  },
  outBytes: 123,
  tally: { ...emptyTally(), slots: 5 },
  seconds: 1.5,
  summary: undefined,
};

describe("a run's checkpoint", () => {
  it("comes back as it was saved, without address and key", async () => {
    await saveRunState(folder.path("state"), state);
    const loaded = await loadRunState(folder.path("state"));
    const { startSlot, endSlot, programs, streams, out } = plan;
    expect(loaded).toEqual({ ...state, run: { startSlot, endSlot, programs, streams, out } });
    expect(await readFile(folder.path("state"), "utf8")).not.toContain("127.0.0.1");
    expect(await readdir(folder.path())).toEqual(["state"]);
  });

  it("keeps what a run ended with, once it has", async () => {
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

  it("is none where there is no file", async () => {
    expect(await loadRunState(folder.path("nowhere"))).toBeUndefined();
  });

  it("is whole or the one before, though a process died while it was written", async () => {
    await saveRunState(folder.path("state"), state);
    await writeFile(folder.path("state.tmp"), '{"version":1,"ru');
    expect((await loadRunState(folder.path("state")))?.outBytes).toBe(123);
    await saveRunState(folder.path("state"), { ...state, outBytes: 456 });
    expect((await loadRunState(folder.path("state")))?.outBytes).toBe(456);
    expect(await readdir(folder.path())).toEqual(["state"]);
  });

  it.each([
    ["nothing", ""],
    ["half of one", '{"version":1,"run":{'],
    ["something else", '{"hello":"world"}'],
    ["a list", "[]"],
    ["another version's", '{"version":2}'],
  ])("is told to be none in one line when the file has %s", async (_, text) => {
    await writeFile(folder.path("state"), text);
    const loading = loadRunState(folder.path("state"));
    await expect(loading).rejects.toThrow(Failure);
    await expect(loading).rejects.toThrow(/no checkpoint[^\n]*delete it to run from the start$/);
  });

  it("can't be written where there is no folder, in one line", async () => {
    await expect(saveRunState(folder.path("missing/state"), state)).rejects.toThrow(/^cannot write [^\n]*make it first$/);
  });
});

describe("a checkpoint of another run", () => {
  it.each([
    ["--start-slot", { startSlot: 5n }],
    ["last slot", { endSlot: 300_000_005n }],
    ["--program", { programs: [] }],
    ["--transactions", { streams: ["transaction"] }],
    ["--out", { out: undefined }],
    ["--out", { out: { file: "elsewhere.csv", format: "csv" } }],
  ] as [string, Partial<RunPlan>][])("is told by %s", (said, other) => {
    const check = (): void => checkSameRun("state", state, { ...plan, ...other });
    expect(check).toThrow(UsageError);
    expect(check).toThrow(said);
  });

  it("is none if but the address differs: a service may have moved", () => {
    expect(() => checkSameRun("state", state, { ...plan, url: "ws://elsewhere/backtest", checkpointEveryMs: 1 })).not.toThrow();
  });
});

import { describe, expect, it } from "vitest";
import type { RunOutcome } from "../../../src/cli/run/backtest.js";
import type { RunPlan } from "../../../src/cli/run/run-plan.js";
import { emptyTally } from "../../../src/cli/run/run-tally.js";
import { isWhole, summaryJson, summaryLines } from "../../../src/cli/run/summary.js";
import { styler } from "../../../src/cli/style.js";
import { parseJson } from "../../../src/codec/json.js";

const plan: RunPlan = {
  url: "ws://127.0.0.1:1/backtest",
  startSlot: 2n ** 63n,
  endSlot: 2n ** 63n + 9n,
  programs: [],
  streams: ["transaction", "accountDiff"],
  isParallel: false,
  out: { file: "run.csv", format: "csv" },
  checkpoint: "state",
  checkpointEveryMs: 5_000,
};
const outcome: RunOutcome = {
  reason: "completed",
  tally: { ...emptyTally(), slots: 10, transactions: 1_234, failedTransactions: 5, accountDiffs: 7 },
  summary: { correctSimulation: 1_000, incorrectSimulation: 2, executionErrors: 1, balanceDiff: 2, logDiff: 0, unsanitizable: 0 },
  seconds: 12.3456,
  diagnostics: { reconnects: { control: 2 }, duplicatesDropped: 3, simulationErrors: 0 },
  bytes: 4_321,
  leftAside: undefined,
  isResumable: false,
};
const plain = styler(false, {});
const read = (run: RunOutcome) => summaryLines(run, plan, plain).join("\n");

describe("what is left of a run", () => {
  it("tells figures, simulation, reconnects and the file", () => {
    expect(read(outcome)).toBe(`completed in 13 s
  slots            10  from 9223372036854775808 to 9223372036854775817
  transactions  1,234  5 failed
  account diffs     7
  simulation: 1,000 as recorded, 2 not (2 with other balances, 0 with other logs), 1 error
  reconnects: control 2; 3 repetitions dropped
  run.csv: 4.3 kB`);
  });

  it("tells where an interrupted one is, and how it goes on", () => {
    const text = read({ ...outcome, reason: "interrupted", leftAside: "run.csv.partial", isResumable: true });
    expect(text).toContain("interrupted in");
    expect(text).toContain("what came until then is in run.csv.partial");
    expect(text).toContain("the same command goes on with it from state");
    expect(text).not.toContain("run.csv: ");
  });

  it("is not whole with a gap, and says so", () => {
    const tally = { ...outcome.tally, gaps: 1, errors: 2, unrecognized: 1 };
    expect([isWhole(outcome), isWhole({ ...outcome, tally }), isWhole({ ...outcome, reason: "interrupted" })]).toEqual([
      true,
      false,
      false,
    ]);
    const text = read({ ...outcome, tally });
    for (const said of [
      "1 gap: the server no longer had",
      "2 errors that the simulator told of",
      "1 frame that could not be read",
    ]) {
      expect(text).toContain(said);
    }
  });

  it("is one line of JSON for programs, its numbers whole", () => {
    const json = summaryJson(outcome, plan);
    expect(json).not.toContain("\n");
    expect(parseJson(json)).toMatchObject({
      reason: "completed",
      startSlot: 2n ** 63n,
      seconds: 12.346,
      slots: 10,
      reconnects: { control: 2 },
      out: { file: "run.csv", bytes: 4_321 },
    });
    expect(parseJson(json)).not.toHaveProperty("checkpoint");
    expect(
      parseJson(summaryJson({ ...outcome, reason: "interrupted", leftAside: "run.csv.partial", isResumable: true }, plan)),
    ).toMatchObject({
      out: { file: "run.csv.partial" },
      checkpoint: "state",
    });
  });
});

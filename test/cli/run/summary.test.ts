import { describe, expect, it } from "vitest";
import type { RunOutcome } from "../../../src/cli/run/backtest.js";
import { isComplete, summaryJson, summaryLines } from "../../../src/cli/run/summary.js";
import { styler } from "../../../src/cli/terminal/style.js";
import { parseJson } from "../../../src/codec/json.js";
import { emptyTally } from "../../../src/compare/run-tally.js";
import { samplePlan } from "./sample-plan.js";

const plan = samplePlan((name) => name, {
  startSlot: 2n ** 63n,
  endSlot: 2n ** 63n + 9n,
  streams: ["transaction", "accountDiff"],
  out: { file: "run.csv", format: "csv" },
});
const outcome: RunOutcome = {
  reason: "completed",
  wasDone: false,
  tally: { ...emptyTally(), slots: 10, transactions: 1_234, failedTransactions: 5, accountDiffs: 7 },
  summary: { correctSimulation: 1_000, incorrectSimulation: 2, executionErrors: 1, balanceDiff: 2, logDiff: 0, unsanitizable: 3 },
  seconds: 12.3456,
  diagnostics: { reconnects: { control: 2 }, duplicatesDropped: 3, simulationErrors: 0 },
  bytes: 4_321,
  partial: undefined,
  isResumable: false,
};
const plain = styler(false, {});
const read = (run: RunOutcome) => summaryLines(run, plan, plain).join("\n");

describe("the summary of a run", () => {
  it("the summary of a run lists event counts, the comparison with the chain, reconnects and the record", () => {
    expect(read(outcome)).toBe(`completed in 13 s
  slots              10  from 9223372036854775808 to 9223372036854775817
  transactions    1,234  5 failed
  account diffs       7
  same result     1,000  as recorded on the chain
  other result        2  another error than recorded, or none
  other balances      2  same result, other lamports or token amounts
  other logs          0  same result and balances
  not executed        1  because of an error
  unsanitizable       3  refused by the runtime
  reconnects: control 2; 3 duplicates dropped
  run.csv: 4.3 kB`);
  });

  it("the summary of a run counts transactions without a recorded result, and lists why transactions were not executed", () => {
    const notReplayed = [
      { reason: "missingAccount", count: 30 },
      { reason: "malformed", count: 1 },
      { reason: "missingProgram", count: 1_200 },
      { reason: "missingLookupTable", count: 2 },
      { reason: "a reason of a newer server", count: 1 },
    ];
    const summary = { ...outcome.summary!, executionErrors: 1_230, unsanitizable: 3, withoutMeta: 4, notReplayed };
    const text = read({ ...outcome, summary });
    expect(text).toContain("  same result     1,000  as recorded on the chain; 4 without a recorded result\n");
    expect(text).toContain("  not executed    1,230  account missing: 30, program missing: 1,200\n");
    expect(text).toContain("  unsanitizable       3  not a transaction: 1, lookup table missing: 2\n");
  });

  it("the summary of an interrupted run names the partial record, and says how to resume the run", () => {
    const text = read({ ...outcome, reason: "interrupted", partial: "run.csv.partial", isResumable: true });
    expect(text).toContain("interrupted in");
    expect(text).toContain("the partial record is run.csv.partial");
    expect(text).toContain("to resume from state, repeat the command");
    expect(text).not.toContain("run.csv: ");
  });

  it("the summary of a run states that nothing was run if an earlier process had completed the run", () => {
    expect(read({ ...outcome, wasDone: true, diagnostics: undefined })).toContain("had completed before; nothing was run");
  });

  it("the summary of a run reports gaps, errors and unreadable frames", () => {
    const tally = { ...outcome.tally, gaps: 1, errors: 2, unrecognized: 1 };
    expect([isComplete(outcome), isComplete({ ...outcome, tally }), isComplete({ ...outcome, reason: "interrupted" })]).toEqual([
      true,
      false,
      false,
    ]);
    const text = read({ ...outcome, tally });
    for (const line of ["1 gap: the server no longer had", "2 errors reported by the simulator", "1 frame skipped"]) {
      expect(text).toContain(line);
    }
  });

  it("the summary of a run is one line of JSON with exact integers", () => {
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
    const interrupted: RunOutcome = { ...outcome, reason: "interrupted", partial: "run.csv.partial", isResumable: true };
    expect(parseJson(summaryJson(interrupted, plan))).toMatchObject({ out: { file: "run.csv.partial" }, checkpoint: "state" });
  });
});

import { describe, expect, it } from "vitest";
import { addSummaries, addToTally, emptyTally } from "../../src/compare/run-tally.js";
import { accountDiffEvent, transactionEvent } from "../cli/run/sample-events.js";

describe("a tally", () => {
  it("a tally counts events by type", () => {
    const tally = emptyTally();
    for (const event of [
      { type: "slot", slot: 1n } as const,
      { type: "slot", slot: 2n } as const,
      transactionEvent(1),
      transactionEvent(2, { err: "AccountInUse" }),
      accountDiffEvent(),
      { type: "error", error: { kind: "noMoreBlocks" } } as const,
      { type: "unrecognized", raw: "", reason: "" } as const,
      { type: "continuity", kind: "gap", channel: "control", expected: 1n, got: 2n } as const,
      { type: "continuity", kind: "resumed", channel: "control" } as const,
      { type: "completed" } as const,
    ]) {
      addToTally(tally, event);
    }
    expect(tally).toEqual({
      slots: 2,
      transactions: 2,
      failedTransactions: 1,
      accountDiffs: 1,
      errors: 1,
      unrecognized: 1,
      gaps: 1,
    });
  });

  it("a tally adds up server summaries", () => {
    const summary = {
      correctSimulation: 5,
      incorrectSimulation: 1,
      executionErrors: 2,
      balanceDiff: 3,
      logDiff: 4,
      unsanitizable: 6,
    };
    expect(addSummaries(undefined, undefined)).toBeUndefined();
    expect(addSummaries(undefined, summary)).toBe(summary);
    expect(addSummaries(summary, undefined)).toBe(summary);
    expect(addSummaries(summary, summary)).toEqual({
      correctSimulation: 10,
      incorrectSimulation: 2,
      executionErrors: 4,
      balanceDiff: 6,
      logDiff: 8,
      unsanitizable: 12,
    });
  });

  it("a tally adds up the counts and reasons that only some sub-ranges have", () => {
    const zero = {
      correctSimulation: 0,
      incorrectSimulation: 0,
      executionErrors: 0,
      balanceDiff: 0,
      logDiff: 0,
      unsanitizable: 0,
    };
    const a = { ...zero, withoutMeta: 2, notReplayed: [{ reason: "refused", count: 1 }] };
    const b = {
      ...zero,
      notReplayed: [
        { reason: "missingAccount", count: 2 },
        { reason: "refused", count: 3 },
      ],
    };
    expect(addSummaries(a, b)).toEqual({
      ...zero,
      withoutMeta: 2,
      notReplayed: [
        { reason: "refused", count: 4 },
        { reason: "missingAccount", count: 2 },
      ],
    });
    expect(addSummaries(zero, zero)).toEqual(zero);
  });
});

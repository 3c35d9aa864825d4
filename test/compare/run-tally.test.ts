import { describe, expect, it } from "vitest";
import { addSummaries, addToTally, emptyTally } from "../../src/compare/run-tally.js";
import { accountDiffEvent, transactionEvent } from "../cli/run/sample-events.js";

describe("a tally", () => {
  it("addToTally counts the events of a run by type", () => {
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

  it("addSummaries adds up the server summaries of two sessions", () => {
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

  it("addSummaries keeps counts and reasons that only one of the two summaries contains", () => {
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

  it("addSummaries adds up the reroute figures of two sessions of a parallel run", () => {
    const stats = (factor: bigint, template: string) => ({
      swapsDetected: 1n * factor,
      swapsFiltered: 2n * factor,
      swapsRerouted: 3n * factor,
      swapsSimulated: 4n * factor,
      swapsSucceeded: 5n * factor,
      requoteFailures: 6n * factor,
      overrideSetupFailures: 7n * factor,
      metisUnavailableBlocks: 8n * factor,
      quoteAttemptsUnavailable: 9n * factor,
      directFillMatched: 10n * factor,
      directFillOutcomes: { filled: 11n * factor, [template]: 1n },
      directFillScored: 12n * factor,
      directFillBpsTotal: -13n * factor,
      directFillTemplates: {
        both: { matched: 14n * factor, outcomes: { filled: 15n * factor }, scored: 16n * factor, bpsTotal: -17n * factor },
        [template]: { matched: 1n, outcomes: { filled: 1n }, scored: 1n, bpsTotal: 2n },
      },
      originalsScored: 18n * factor,
      originalsBpsTotal: -19n * factor,
      originalsReplayed: 20n * factor,
      datasetUri: `s3://bucket/${template}`,
    });
    const counts = {
      correctSimulation: 1,
      incorrectSimulation: 0,
      executionErrors: 0,
      balanceDiff: 0,
      logDiff: 0,
      unsanitizable: 0,
    };
    const [a, b] = [stats(1n, "a"), stats(2n, "b")];
    const { filled } = stats(3n, "").directFillOutcomes;
    expect(addSummaries({ ...counts, rerouteStats: a }, { ...counts, rerouteStats: b })?.rerouteStats).toEqual({
      ...stats(3n, "a"),
      directFillOutcomes: { filled, a: 1n, b: 1n },
      directFillTemplates: {
        both: stats(3n, "a").directFillTemplates.both,
        a: a.directFillTemplates.a,
        b: b.directFillTemplates.b,
      },
      datasetUri: "s3://bucket/a s3://bucket/b",
    });
    expect(addSummaries(counts as never, { ...counts, rerouteStats: b })?.rerouteStats).toBe(b);
  });
});

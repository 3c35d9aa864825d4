import { describe, expect, it } from "vitest";
import { compare, serverTransactions } from "../../demo/dashboard/view/comparison.js";
import { runResult } from "./run-result.js";

const byLabel = (label: string, now: Parameters<typeof runResult>[0], then: Parameters<typeof runResult>[0]) =>
  compare(runResult(now), runResult(then)).find(({ metric }) => metric.label === label)!;

describe("compare", () => {
  it("is the same for equal runs", () => {
    expect(compare(runResult(), runResult()).map(({ verdict }) => verdict)).toEqual(Array(12).fill("same"));
  });

  it("is better with a shorter duration, worse with a longer one", () => {
    expect(byLabel("Duration", { durationMs: 750 }, { durationMs: 1000 })).toMatchObject({
      difference: -250,
      percent: -25,
      verdict: "better",
    });
    expect(byLabel("Duration", { durationMs: 1500 }, { durationMs: 1000 })).toMatchObject({
      difference: 500,
      percent: 50,
      verdict: "worse",
    });
  });

  it("is better with more slots per second, including skipped slots", () => {
    expect(
      byLabel("Slots per second", { slots: 90, skipped: 10, durationMs: 500 }, { slots: 100, skipped: 0, durationMs: 1000 }),
    ).toMatchObject({
      now: 200,
      before: 100,
      verdict: "better",
    });
    expect(byLabel("Slots per second", { durationMs: 0 }, {})).toMatchObject({ now: 0 });
  });

  it("keeps 64-bit integers exact", () => {
    expect(byLabel("Compute units", { computeUnits: 2n ** 63n + 1n }, { computeUnits: 2n ** 63n })).toMatchObject({
      difference: 1n,
      verdict: "worse",
    });
  });

  it("has no percentage relative to 0", () => {
    expect(byLabel("Gaps", { gaps: 2 }, { gaps: 0 })).toMatchObject({ difference: 2, percent: undefined, verdict: "worse" });
  });

  it("does not rate neutral metrics", () => {
    expect(byLabel("Transactions", { transactions: 9 }, { transactions: 3 })).toMatchObject({
      difference: 6,
      verdict: "different",
    });
  });
});

it("serverTransactions adds all outcomes of the server's summary", () => {
  const counts = { correctSimulation: 1, incorrectSimulation: 20, executionErrors: 300, balanceDiff: 4000, logDiff: 50_000 };
  expect(serverTransactions({ ...counts, unsanitizable: 600_000 })).toBe(654_321);
});

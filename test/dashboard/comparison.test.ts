import { describe, expect, it } from "vitest";
import { compare, isSameLedger, serverTransactions } from "../../demo/dashboard/view/comparison.js";
import { runResult } from "./run-result.js";

const byLabel = (label: string, now: Parameters<typeof runResult>[0], then: Parameters<typeof runResult>[0]) =>
  compare(runResult(now), runResult(then)).find(({ metric }) => metric.label === label)!;

describe("compare()", () => {
  it("compare() rates all metrics of two equal runs as the same", () => {
    expect(compare(runResult(), runResult()).map(({ verdict }) => verdict)).toEqual(Array(12).fill("same"));
  });

  it("compare() rates fewer failed transactions as better, and more failed transactions as worse", () => {
    expect(byLabel("Failed transactions", { failedTransactions: 15 }, { failedTransactions: 20 })).toMatchObject({
      difference: -5,
      percent: -25,
      verdict: "better",
    });
    expect(byLabel("Failed transactions", { failedTransactions: 30 }, { failedTransactions: 20 })).toMatchObject({
      difference: 10,
      percent: 50,
      verdict: "worse",
    });
  });

  it("if a metric depends on the machine or the network, compare() returns the verdict `different` instead of `better` or `worse`", () => {
    expect(byLabel("Duration", { durationMs: 1500 }, { durationMs: 1000 }).verdict).toBe("different");
    expect(byLabel("Slots per second", { durationMs: 1500 }, { durationMs: 1000 }).verdict).toBe("different");
    expect(byLabel("Reconnects", { reconnects: 9 }, { reconnects: 1 }).verdict).toBe("different");
  });

  it("compare() returns the verdict `different` for runs of different ledgers, slots or programs", () => {
    for (const other of [{ sourceLabel: "this page, ledger 2" }, { endSlot: 300_000_101n }, { programs: ["other"] }]) {
      expect(byLabel("Failed transactions", { failedTransactions: 30, ...other }, {}).verdict).toBe("different");
      expect(isSameLedger(runResult(other), runResult())).toBe(false);
    }
    expect(isSameLedger(runResult({ programs: ["b", "a"] }), runResult({ programs: ["a", "b"] }))).toBe(true);
  });

  it("the slots per second from compare() include skipped slots", () => {
    expect(
      byLabel("Slots per second", { slots: 90, skipped: 10, durationMs: 500 }, { slots: 100, skipped: 0, durationMs: 1000 }),
    ).toMatchObject({
      now: 200,
      before: 100,
    });
    expect(byLabel("Slots per second", { durationMs: 0 }, {})).toMatchObject({ now: 0 });
  });

  it("compare() keeps 64-bit integers exact", () => {
    expect(byLabel("Compute units", { computeUnits: 2n ** 63n + 1n }, { computeUnits: 2n ** 63n })).toMatchObject({
      difference: 1n,
      verdict: "worse",
    });
  });

  it("compare() returns no percentage if the earlier value is 0", () => {
    expect(byLabel("Gaps", { gaps: 2 }, { gaps: 0 })).toMatchObject({ difference: 2, percent: undefined, verdict: "worse" });
  });

  it("compare() returns the verdict `different` for a changed metric that is neither good nor bad, such as the number of transactions", () => {
    expect(byLabel("Transactions", { transactions: 9 }, { transactions: 3 })).toMatchObject({
      difference: 6,
      verdict: "different",
    });
  });
});

it("serverTransactions adds up all outcomes in the server's summary", () => {
  const counts = { correctSimulation: 1, incorrectSimulation: 20, executionErrors: 300, balanceDiff: 4000, logDiff: 50_000 };
  expect(serverTransactions({ ...counts, unsanitizable: 600_000 })).toBe(654_321);
});

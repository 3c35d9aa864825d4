import { describe, expect, it } from "vitest";
import { checkLedgers } from "../../../demo/dashboard/ab/ledger-check.js";
import type { DifferenceCounts, RunFacts } from "../../../src/compare/index.js";

const NONE: DifferenceCounts = {
  regression: 0,
  improvement: 0,
  error: 0,
  balance: 0,
  log: 0,
  computeUnits: 0,
  fee: 0,
  order: 0,
  missing: 0,
  extra: 0,
};
const HERE = { a: "this page", b: "this page" };

const facts = (more: Partial<RunFacts> = {}): RunFacts => ({
  name: "A",
  writer: "simulator-client",
  header: { startSlot: 1n, endSlot: 9n },
  sessions: [],
  transactions: 100,
  failed: 0,
  notCompared: 0,
  isComplete: true,
  ...more,
});
const summary = (more: Partial<Parameters<typeof checkLedgers>[0]> = {}) => ({
  a: facts(),
  b: facts(),
  kinds: NONE,
  warnings: [],
  ...more,
});

describe("checkLedgers", () => {
  it("if most transactions are in both runs, checkLedgers reports that the runs are comparable (`isRated: true`)", () => {
    expect(checkLedgers(summary(), HERE)).toEqual({ warnings: [], isRated: true });
    expect(checkLedgers(summary({ kinds: { ...NONE, missing: 40, extra: 3 } }), HERE).isRated).toBe(true);
  });

  it("checkLedgers returns `isRated: false` and a warning if the runs have no common transaction", () => {
    const { warnings, isRated } = checkLedgers(summary({ kinds: { ...NONE, missing: 100, extra: 100 } }), HERE);
    expect(isRated).toBe(false);
    expect(warnings).toEqual(["The runs have no transaction in common. They were made on different ledgers or slots."]);
  });

  it("checkLedgers returns `isRated: false` if less than half of the transactions are in both runs", () => {
    const { warnings, isRated } = checkLedgers(summary({ kinds: { ...NONE, missing: 51, extra: 51 } }), HERE);
    expect(isRated).toBe(false);
    expect(warnings[0]).toMatch(/^Only 49 of 100 transactions are in both runs\./);
  });

  it("checkLedgers returns `isRated: false` if the runs have different slot ranges", () => {
    const b = facts({ header: { startSlot: 2n, endSlot: 9n } });
    const { warnings, isRated } = checkLedgers(summary({ b, warnings: ["the first slots of the runs differ: 1 and 2"] }), HERE);
    expect(isRated).toBe(false);
    expect(warnings).toEqual(["The first slots of the runs differ: 1 and 2."]);
  });

  it("checkLedgers warns about runs on different simulators only if both simulators are known", () => {
    const { warnings, isRated } = checkLedgers(summary(), { a: "this page", b: "127.0.0.1:4100/backtest" });
    expect(warnings).toEqual(["The runs were made on different simulators: this page and 127.0.0.1:4100/backtest."]);
    expect(isRated).toBe(true);
    expect(checkLedgers(summary(), { a: "this page", b: "" }).warnings).toEqual([]);
  });
});

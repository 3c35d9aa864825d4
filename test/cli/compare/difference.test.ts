import { describe, expect, it } from "vitest";
import { findDifference, soleDifference } from "../../../src/cli/compare/difference.js";
import { outcome } from "./outcomes.js";

const ERR = '{"InstructionError":[0,{"Custom":1}]}';

describe("the difference between two outcomes", () => {
  it("is undefined if they are equal", () => {
    expect(findDifference(outcome("s"), outcome("s"))).toBeUndefined();
    expect(findDifference(outcome("s", { err: ERR }), outcome("s", { err: ERR }))).toBeUndefined();
  });

  it.each([
    ["regression", {}, { err: ERR }],
    ["improvement", { err: ERR }, {}],
    ["error", { err: ERR }, { err: '"AccountInUse"' }],
    ["balance", {}, { lamports: ["10", "21"] }],
    ["balance", {}, { lamports: ["10", "20", "0"] }],
    ["balance", {}, { tokens: [[1, "m", "5"]] as const }],
    ["log", {}, { logs: "another" }],
    // The most important kind applies.
    ["regression", {}, { err: ERR, lamports: ["1"], logs: "another" }],
    ["balance", {}, { lamports: ["1"], logs: "another" }],
  ])("is of the kind %s", (kind, a, b) => {
    expect(findDifference(outcome("s", a), outcome("s", b))?.kind).toBe(kind);
  });

  it("contains the errors of both", () => {
    const difference = findDifference(
      outcome("s", { err: ERR, slot: 7n, index: 3 }),
      outcome("s", { err: '"AccountInUse"', slot: 7n, index: 3 }),
    );
    expect(difference).toEqual({ kind: "error", slot: 7n, index: 3, signature: "s", errA: ERR, errB: '"AccountInUse"' });
  });

  it("contains each differing balance, with the number of the account if the transaction cannot be read", () => {
    const a = outcome("s", { lamports: ["10", "20"], tokens: [[1, "m", "5"]] });
    const b = outcome("s", { lamports: ["10", "25", "1"], tokens: [[1, "n", "5"]] });
    expect(findDifference(a, b)?.balances).toEqual([
      { account: "account 1", a: "20", b: "25" },
      { account: "account 2", a: undefined, b: "1" },
      { account: "account 1", mint: "m", a: "5", b: undefined },
      { account: "account 1", mint: "n", a: undefined, b: "5" },
    ]);
  });

  it("describes a transaction that only one run has", () => {
    expect(soleDifference("missing", outcome("s", { err: ERR }))).toEqual({
      kind: "missing",
      slot: 5n,
      index: 0,
      signature: "s",
      errA: ERR,
    });
    expect(soleDifference("extra", outcome("s"))).toEqual({ kind: "extra", slot: 5n, index: 0, signature: "s" });
  });
});

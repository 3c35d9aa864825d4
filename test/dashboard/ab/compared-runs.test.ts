import { describe, expect, it } from "vitest";
import { firstDifferentLine, noteOn } from "../../../demo/dashboard/ab/compared-runs.js";
import type { TransactionDifference } from "../../../src/compare/index.js";

const difference = (more: Partial<TransactionDifference>): TransactionDifference => ({
  kind: "regression",
  kinds: ["regression"],
  signature: "5".repeat(88),
  slot: 10n,
  index: 0,
  balances: [],
  ...more,
});
const succeeded = { slot: 10n, index: 3, err: null, fee: 5_000n, computeUnits: 450n, logs: ["a", "b"] };
const failed = { ...succeeded, err: { InstructionError: [0, { Custom: 1 }] }, failure: { instruction: 0, reason: "no funds" } };

describe("noteOn", () => {
  it.each<[string, Partial<TransactionDifference>, string]>([
    ["a new failure", { a: succeeded, b: failed }, "instruction 1 of an unknown program: no funds"],
    [
      "a fixed failure",
      { kind: "improvement", a: failed, b: succeeded },
      "Failed before: instruction 1 of an unknown program: no funds",
    ],
    [
      "changed compute units",
      { kind: "computeUnits", a: succeeded, b: { ...succeeded, computeUnits: 1_450n } },
      "450 → 1,450 compute units",
    ],
    ["a changed fee", { kind: "fee", a: succeeded, b: { ...succeeded, fee: 5_001n } }, "5,000 → 5,001 lamports"],
    [
      "a changed position",
      { kind: "order", a: succeeded, b: { ...succeeded, slot: 11n, index: 0 } },
      "slot 10, index 3 → slot 11, index 0",
    ],
    ["changed logs", { kind: "log", a: succeeded, b: { ...succeeded, logs: ["a"] } }, "Line 2: b → no line"],
    ["a transaction that only one run has", { kind: "extra", b: succeeded }, ""],
    [
      "a failed transaction that only one run has",
      { kind: "missing", a: failed },
      "instruction 1 of an unknown program: no funds",
    ],
  ])("noteOn describes how a transaction differs between two runs: %s", (_, more, note) => {
    expect(noteOn(difference(more))).toBe(note);
  });

  it("for a failed transaction, noteOn returns the reason from its callback `why`", () => {
    const why = () => "Token: insufficient funds";
    expect(noteOn(difference({ a: succeeded, b: failed }), why)).toBe("Token: insufficient funds");
    expect(noteOn(difference({ kind: "improvement", a: failed, b: succeeded }), why)).toBe(
      "Failed before: Token: insufficient funds",
    );
    expect(noteOn(difference({ kind: "extra", b: failed }), why)).toBe("Token: insufficient funds");
    expect(noteOn(difference({ kind: "extra", b: succeeded }), why)).toBe("");
  });
});

describe("firstDifferentLine", () => {
  it("firstDifferentLine returns the index of the first line that differs, or the length of the lists if they are equal", () => {
    expect(firstDifferentLine(["a", "b"], ["a", "b"])).toBe(2);
    expect(firstDifferentLine(["a"], ["a", "b"])).toBe(1);
    expect(firstDifferentLine([], ["a"])).toBe(0);
  });
});

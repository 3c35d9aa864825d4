import { describe, expect, it } from "vitest";
import { type ExplainableTransaction, FailureExplainer } from "../../../src/cli/run/failure-explainer.js";
import { jsonTransaction, ROUTER, tokenTransfer } from "../../explain/sample-transactions.js";

function failed(code: number, program = tokenTransfer()): ExplainableTransaction {
  const transaction = jsonTransaction({ instructions: [program], err: { InstructionError: [0, { Custom: code }] } });
  return { slot: 7n, signature: undefined, transaction };
}

describe("FailureExplainer", () => {
  it("FailureExplainer describes the first 20 failed transactions, and counts all failed transactions by reason", () => {
    const explainer = new FailureExplainer([]);
    const lines = Array.from({ length: 25 }, () => explainer.add(failed(1)));
    expect(lines[0]).toBe("slot 7: a transaction failed: Token: insufficient funds (instruction #1, transfer)");
    expect(lines[19]).toMatch(/\(further failures are only counted\)$/);
    expect(lines.slice(20)).toEqual(Array(5).fill(undefined));
    explainer.add(failed(17));
    expect(explainer.lines()).toEqual([
      "  failed transactions by reason:",
      "    25 × Token: insufficient funds",
      "    1 × Token: the account is frozen",
    ]);
    expect(explainer.reasons[0]).toEqual({ reason: "Token: insufficient funds", transactions: 25 });
  });

  it("FailureExplainer ignores transactions that succeeded", () => {
    const explainer = new FailureExplainer([]);
    const transaction = jsonTransaction({ instructions: [tokenTransfer()] });
    expect(explainer.add({ slot: 7n, signature: "s", transaction })).toBeUndefined();
    expect(explainer.lines()).toEqual([]);
  });

  it("FailureExplainer lists the ten most frequent reasons, and states the number of other reasons", () => {
    const explainer = new FailureExplainer([]);
    for (let code = 0; code < 13; code++) explainer.add(failed(code));
    expect(explainer.lines()).toHaveLength(12);
    expect(explainer.lines().at(-1)).toBe("    and 3 other reasons");
  });

  it("FailureExplainer uses the IDLs of programs to describe their errors", () => {
    const idl = { address: ROUTER, metadata: { name: "router" }, instructions: [], errors: [{ code: 6000, name: "TooLate" }] };
    const explainer = new FailureExplainer([idl]);
    expect(explainer.add(failed(6000, { program: ROUTER }))).toMatch(/router: too late \(instruction #1\)/);
  });
});

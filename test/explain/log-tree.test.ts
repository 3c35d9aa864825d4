import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explainTransaction } from "../../src/explain/index.js";
import { findFailure, type Invocation, readLogs } from "../../src/explain/log-tree.js";
import { jsonTransaction, ROUTER, SYSTEM, TOKEN } from "./sample-transactions.js";

describe("readLogs", () => {
  it("readLogs groups the log lines by invocation, and reads the compute units and outcome of each invocation", () => {
    const { invocations, others } = readLogs([
      "before",
      `Program ${ROUTER} invoke [1]`,
      "Program log: a",
      `Program ${TOKEN} invoke [2]`,
      "Program log: b\nwith two lines",
      `Program ${TOKEN} consumed 10 of 20 compute units`,
      `Program ${TOKEN} success`,
      "Program data: AQID",
      `Program ${ROUTER} consumed 18446744073709551615 of 18446744073709551615 compute units`,
      `Program ${ROUTER} failed: custom program error: 0x1`,
      "after",
    ]);
    expect(others).toEqual(["before", "after"]);
    expect(invocations).toEqual([
      {
        program: ROUTER,
        depth: 1,
        logs: ["Program log: a", "Program data: AQID"],
        unitsConsumed: 2n ** 64n - 1n,
        unitsLimit: 2n ** 64n - 1n,
        outcome: "failed",
        failure: "custom program error: 0x1",
        inner: [
          {
            program: TOKEN,
            depth: 2,
            logs: ["Program log: b\nwith two lines"],
            unitsConsumed: 10n,
            unitsLimit: 20n,
            outcome: "succeeded",
            inner: [],
          },
        ],
      },
    ]);
  });

  it("readLogs does not mistake a line that a program logs for a line of the runtime", () => {
    const { invocations } = readLogs([
      `Program ${ROUTER} invoke [1]`,
      `Program log: Program ${TOKEN} invoke [2]`,
      `Program log: Program ${ROUTER} success`,
      `Program ${ROUTER} success`,
    ]);
    expect(invocations).toHaveLength(1);
    expect(invocations[0]?.logs).toHaveLength(2);
    expect(invocations[0]?.inner).toEqual([]);
  });

  it("readLogs reads the invocations in truncated logs, and reports that the logs are truncated", () => {
    const tree = readLogs([`Program ${ROUTER} invoke [1]`, `Program ${TOKEN} invoke [2]`, "Log truncated"]);
    expect(tree.isTruncated).toBe(true);
    expect(tree.invocations[0]?.inner[0]?.outcome).toBeUndefined();
  });

  it("readLogs limits the depth of its tree to 64 levels, because deeper trees could overflow the stack", () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => `Program ${SYSTEM} invoke [${Math.min(index + 1, 999)}]`);
    const depthOf = ({ inner }: Invocation): number => 1 + inner.reduce((depth, one) => Math.max(depth, depthOf(one)), 0);
    expect(Math.max(...readLogs(lines).invocations.map(depthOf))).toBe(64);
    const inner = lines.map((_, index) => ({ program: SYSTEM, stackHeight: index + 2 }));
    const transaction = jsonTransaction({ instructions: [{ program: SYSTEM }], inner: [{ index: 0, instructions: inner }] });
    const { instructions, problems } = explainTransaction({ ...transaction, meta: { ...transaction.meta, logMessages: lines } });
    expect([instructions.length, problems]).toEqual([1, []]);
  });

  it("readLogs never throws and loses no invocation, whatever the order of the lines", () => {
    const program = fc.constantFrom(ROUTER, TOKEN, SYSTEM);
    const line = fc.oneof(
      fc.tuple(program, fc.nat(5)).map(([address, depth]) => `Program ${address} invoke [${depth}]`),
      program.map((address) => `Program ${address} success`),
      program.map((address) => `Program ${address} failed: reason`),
      program.map((address) => `Program ${address} consumed 1 of 2 compute units`),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const tree = readLogs(lines);
        findFailure(tree);
        const count = (list: typeof tree.invocations): number => list.reduce((sum, { inner }) => sum + 1 + count(inner), 0);
        expect(count(tree.invocations)).toBe(lines.filter((text) => / invoke \[\d\]$/.test(text)).length);
      }),
    );
  });
});

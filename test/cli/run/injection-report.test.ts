import { describe, expect, test } from "vitest";
import { InjectionReport } from "../../../src/cli/run/injection-report.js";

describe("InjectionReport", () => {
  test("InjectionReport names each injected transaction that failed, and counts all injected transactions", () => {
    const report = new InjectionReport();
    expect(report.add(5n, [{ signature: "one", outcome: { err: null } }, { signature: "unknown" }])).toEqual([]);
    expect(
      report.add(7n, [
        { signature: "two", outcome: { err: "AccountNotFound" } },
        { signature: "", outcome: { err: { InstructionError: [0, { Custom: 1 }] } } },
      ]),
    ).toEqual([
      "slot 7: the injected transaction two failed: AccountNotFound",
      'slot 7: the injected transaction without a signature failed: {"InstructionError":[0,{"Custom":1}]}',
    ]);
    expect(report.result).toEqual({
      injected: {
        count: 4,
        failed: [
          { slot: 7n, signature: "two", err: "AccountNotFound" },
          { slot: 7n, signature: "", err: { InstructionError: [0, { Custom: 1 }] } },
        ],
      },
    });
  });

  test("InjectionReport returns an empty result if no transaction was injected", () => {
    expect(new InjectionReport().result).toEqual({});
  });
});

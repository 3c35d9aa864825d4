import { describe, expect, it } from "vitest";
import type { ComparedRecords } from "../../../src/cli/compare/compare-records.js";
import { reportJson, reportLines } from "../../../src/cli/compare/comparison-report.js";
import type { RecordFacts } from "../../../src/cli/compare/recorded-run.js";
import { Comparison } from "../../../src/cli/compare/run-comparison.js";
import { styler } from "../../../src/cli/terminal/style.js";
import { parseJson } from "../../../src/codec/json.js";
import { outcome } from "./outcomes.js";

const facts = (file: string): RecordFacts => ({
  file,
  transactions: 3,
  failed: 1,
  run: { startSlot: "1", endSlot: "9", programs: "[]", streams: "[]" },
  isComplete: true,
});

async function compared(limit = 10): Promise<ComparedRecords> {
  const comparison = new Comparison(limit);
  await comparison.add(
    [outcome("a"), outcome("b"), outcome("c"), outcome("d", { slot: 2n ** 63n })],
    [
      outcome("a", { err: '{"InstructionError":[0,"X"]}' }),
      outcome("b", { lamports: ["10", "5"], tokens: [[1, "mint", "3"]] }),
      outcome("c"),
    ],
  );
  return { a: facts("a.ndjson"), b: facts("b.ndjson"), comparison };
}

describe("the report of a comparison", () => {
  it("lists the counts and then each difference", async () => {
    expect(reportLines(await compared(), styler(false, {}))).toEqual([
      "A  a.ndjson: 3 transactions, 1 failed",
      "B  b.ndjson: 3 transactions, 1 failed",
      "",
      "  same          1",
      "  regressions   1  succeeded in A, failed in B",
      "  improvements  0  failed in A, succeeded in B",
      "  other errors  0  failed in both, with different errors",
      "  balances      1  balances differ",
      "  logs          0  only the logs differ",
      "  missing       1  only in A",
      "  extra         0  only in B",
      "",
      "regressions",
      '  5  a  B: {"InstructionError":[0,"X"]}',
      "",
      "balances",
      "  5  b",
      "    account 1  20 → 5 (-15) lamports",
      "    account 1  none → 3 of mint",
      "",
      "missing",
      "  9223372036854775808  d",
    ]);
  });

  it("says how many differences are shown", async () => {
    const comparison = new Comparison(1);
    await comparison.add([outcome("a"), outcome("b"), outcome("c")], []);
    expect(reportLines({ ...(await compared()), comparison }, styler(false, {}))).toContain("missing, the first 1 of 3");
  });

  it("is one line of JSON with --json", async () => {
    const json = reportJson(await compared(), ["a warning"]);
    expect(json).not.toContain("\n");
    expect(parseJson(json)).toMatchObject({
      a: { file: "a.ndjson", transactions: 3, isComplete: true },
      warnings: ["a warning"],
      same: 1,
      counts: { regression: 1, balance: 1, missing: 1, extra: 0 },
      different: 3,
      differences: [
        { kind: "regression", signature: "a", errB: { InstructionError: [0, "X"] } },
        {
          kind: "balance",
          balances: [
            { account: "account 1", a: "20", b: "5" },
            { mint: "mint", b: "3" },
          ],
        },
        { kind: "missing", slot: 2n ** 63n },
      ],
    });
  });
});

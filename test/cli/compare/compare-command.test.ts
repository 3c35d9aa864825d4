import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../../src/codec/json.js";
import { recordOf, type Sample, signatureOf } from "../../compare/sample-records.js";
import { ROUTER } from "../../explain/sample-transactions.js";
import { runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();
const ERR = { InstructionError: [1, { Custom: 1 }] };
const LOGS = [
  "Program ComputeBudget111111111111111111111111111111 invoke [1]",
  "Program ComputeBudget111111111111111111111111111111 success",
  "Program TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA invoke [1]",
  "Program log: Instruction: Transfer",
  "Program log: Error: insufficient funds",
  "Program TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA failed: custom program error: 0x1",
];

const before: Sample[] = [1, 2, 3].map((byte) => ({ byte, slot: 5n, index: byte }));
const after: Sample[] = [
  { ...before[0]!, meta: { err: ERR, logMessages: LOGS, postBalances: [9n] } },
  { ...before[1]!, meta: { computeUnitsConsumed: 160n } },
];

/** Writes two records, and compares them. */
async function compare(a: readonly Sample[], b: readonly Sample[], ...options: string[]) {
  await writeFile(folder.path("a.ndjson"), recordOf(a));
  await writeFile(folder.path("b.ndjson"), recordOf(b));
  return runCli(["compare", folder.path("a.ndjson"), folder.path("b.ndjson"), ...options]);
}

describe("compare", () => {
  it("`compare --idl` uses the IDL of a program to describe its errors in the text, Markdown and JSON reports", async () => {
    const logs = LOGS.map((line) => line.replace(/Tokenkeg\w+/, ROUTER).replace("0x1", "0x1770"));
    const failed = { ...before[0]!, meta: { err: { InstructionError: [1, { Custom: 6000 }] }, logMessages: logs } };
    const idl = { address: ROUTER, metadata: { name: "router" }, instructions: [], errors: [{ code: 6000, name: "TooLate" }] };
    await writeFile(folder.path("router.json"), JSON.stringify(idl));
    const option = ["--idl", folder.path("router.json")];
    expect((await compare(before, [failed], ...option)).stdout).toContain("    B: router: too late");
    expect((await compare(before, [failed], ...option, "--report", "md")).stdout).toContain("router: too late");
    const { differences } = parseJson((await compare(before, [failed], ...option, "--json")).stdout) as {
      differences: { kind: string; explanationB?: string }[];
    };
    expect(differences.find(({ kind }) => kind === "regression")?.explanationB).toContain("router: too late");
    expect((await compare(before, [failed])).stdout).not.toContain("too late");
  });

  it("`compare` prints the number of differences of each kind, each difference, and a description of the failing instruction", async () => {
    const { code, stdout, stderr } = await compare(before, after);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.replaceAll(folder.path(), "FOLDER").split("\n")).toEqual([
      "A  FOLDER/a.ndjson: 3 transactions, 0 failed",
      "B  FOLDER/b.ndjson: 2 transactions, 1 failed",
      "",
      "  same          0",
      "  regressions   1  succeeded in A, failed in B",
      "  improvements  0  failed in A, succeeded in B",
      "  other errors  0  failed in both, with different errors",
      "  balances      0  balances differ",
      "  logs          0  the logs differ",
      "  compute units 1  only the compute units differ",
      "  fees          0  only the fee differs",
      "  order         0  in another slot, or at another position in its slot",
      "  missing       1  only in A",
      "  extra         0  only in B",
      "",
      "regressions",
      `  5  ${signatureOf(1)}`,
      "    B: Token: insufficient funds (instruction #2) in Transfer",
      "    account 0  5 → 9 (+4) lamports",
      "    log 1: Program log: hi",
      "        → Program ComputeBudget111111111111111111111111111111 invoke [1]",
      "",
      "compute units",
      `  5  ${signatureOf(2)}`,
      "    compute units 150 → 160",
      "",
      "missing",
      `  5  ${signatureOf(3)}`,
      "",
      "profit and loss",
      "  account 0  -15 → -6 (+9) lamports",
      "",
    ]);
  });

  it("`compare --json` prints the report as JSON with the amounts as strings", async () => {
    const { stdout } = await compare(before, after, "--json");
    expect(parseJson(stdout)).toMatchObject({
      a: { file: folder.path("a.ndjson"), transactions: 3, failed: 0, isComplete: true },
      warnings: [],
      same: 0,
      different: 3,
      counts: { regression: 1, computeUnits: 1, missing: 1, extra: 0 },
      differences: [
        {
          kind: "regression",
          slot: 5,
          signature: signatureOf(1),
          errB: ERR,
          failureB: { instruction: 1, name: "Transfer" },
          balances: [{ account: "account 0", a: "5", b: "9", changeA: "-5", changeB: "-1" }],
        },
        { kind: "computeUnits", figuresA: { computeUnits: 150 }, figuresB: { computeUnits: 160 } },
        { kind: "missing" },
      ],
      pnl: [{ account: "account 0", a: "-15", b: "-6", change: "9" }],
    });
  });

  it("`compare --report md` prints the report as Markdown", async () => {
    const { stdout } = await compare(before, after, "--report", "md");
    expect(stdout).toContain("### Regressions (1)");
    expect(stdout).toContain("insufficient funds");
  });

  it.each([
    [["--fail-on", "regression"], before, after, 3],
    [["--fail-on", "regression"], before, [before[0]!], 0],
    [["--fail-on", "diff"], before, [before[0]!], 3],
    [["--fail-on-diff"], before, [before[0]!], 3],
    [["--fail-on", "diff"], before, before, 0],
    [["--fail-on", "diff", "--ignore", "missing"], before, [before[0]!], 0],
    [[], before, after, 0],
    [[], before, [], 4],
    [[], [], before, 4],
    [["--fail-on", "mood"], before, before, 2],
    [["--report", "html"], before, before, 2],
  ])("`compare` with the options %j exits with the code that docs/cli.md states for the result", async (options, a, b, code) => {
    expect((await compare(a, b, ...options)).code).toBe(code);
  });

  it("`compare --limit` sets the maximum number of differences that the report shows for each kind", async () => {
    const { stdout } = await compare(before, [before[2]!], "--limit", "1");
    expect(stdout).toContain("missing, the first 1 of 2");
  });

  it("`compare` prints warnings about incomplete records to the standard error", async () => {
    await writeFile(folder.path("a.ndjson"), recordOf(before));
    await writeFile(folder.path("b.ndjson"), recordOf(before, { end: "" }));
    const { stderr } = await runCli(["compare", folder.path("a.ndjson"), folder.path("b.ndjson")]);
    expect(stderr).toBe(`note: ${folder.path("b.ndjson")}: the run has not completed\n`);
  });
});

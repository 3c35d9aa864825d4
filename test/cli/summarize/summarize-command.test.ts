import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringifyJson } from "../../../src/codec/json.js";
import { startLocalSimulator } from "../../../src/local/index.js";
import { jsonTransaction, PAYER, ROUTER, tokenTransfer } from "../../explain/sample-transactions.js";
import { runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

let simulator: Awaited<ReturnType<typeof startLocalSimulator>>;
beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "synthetic", startSlot: 100, slots: 40 });
});
afterAll(() => simulator.close());

describe("summarize", () => {
  const folder = useFolder();
  const write = (lines: unknown[]): string => {
    writeFileSync(folder.path("record.ndjson"), lines.map((line) => `${stringifyJson(line)}\n`).join(""));
    return folder.path("record.ndjson");
  };
  const record = async (...options: string[]): Promise<string> => {
    const file = folder.path("run.ndjson");
    const range = ["--url", simulator.url, "--start-slot", "100", "--slots", "20"];
    expect((await runCli(["run", ...range, "--out", file, ...options])).code).toBe(0);
    return file;
  };

  it("`summarize` prints the figures of a recorded run and the reasons of failed transactions", async () => {
    const file = await record("--program", simulator.programs[0]!, "--program", simulator.programs[1]!);
    const { code, stdout } = await runCli(["summarize", file]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^slots 100 to 119, completed\n {2}transactions {2,}\d+ {2}\d+ failed\n/);
    expect(stdout).toMatch(/failed transactions by reason:\n {4}\d+ × Token: insufficient funds\n/);
    const json = JSON.parse((await runCli(["summarize", file, "--json"])).stdout) as Record<string, number>;
    expect(json).toMatchObject({ startSlot: 100, endSlot: 119, isComplete: true });
    expect(json.failedTransactions).toBeGreaterThan(0);
    expect(json.transactions).toBeGreaterThan(json.failedTransactions as number);
  });

  it("`summarize --reroute-report` prints the reports about the re-quoted swaps of a recorded run", async () => {
    const file = await record("--reroute-order-flow");
    const text = await runCli(["summarize", file, "--reroute-report", "Raydium CLMM"]);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain("\n  Raydium CLMM   slots 100 to 119\n");
    const { stdout } = await runCli(["summarize", file, "--reroute-report", "--json"]);
    expect((JSON.parse(stdout) as { reroute: { replacements: number } }).reroute.replacements).toBeGreaterThan(0);
  });

  it("`summarize` counts a transaction only once if it was recorded for two programs, and shows the balance changes of a wallet", async () => {
    const line = (slot: bigint, signature: string, before: bigint, after: bigint, program: string) => {
      const transaction = jsonTransaction({
        instructions: [tokenTransfer()],
        meta: { preBalances: [before, 1n, 1n, 1n], postBalances: [after, 1n, 1n, 1n] },
      });
      return { type: "transaction", slot, signature, program, transaction: { ...transaction, slot } };
    };
    const file = write([
      { type: "run", version: 1, startSlot: 1n, endSlot: 9n, programs: [], streams: [] },
      line(5n, "a", 3_000_000_000n, 2_000_000_000n, "p"),
      line(5n, "a", 3_000_000_000n, 2_000_000_000n, "q"),
      line(4n, "b", 4_000_000_000n, 3_000_000_000n, "p"),
      line(6n, "c", 2_000_000_000n, 2_500_000_000n, "p"),
    ]);
    const { code, stdout } = await runCli(["summarize", file, "--accounts", PAYER]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^slots 1 to 9, not completed\n {2}transactions +3 {2}0 failed\n/);
    expect(stdout).toContain(`  ${PAYER} SOL: 4 → 2.5 (-1.5)\n`);
    const { wallets } = JSON.parse((await runCli(["summarize", file, "--accounts", PAYER, "--json"])).stdout) as {
      wallets: object[];
    };
    expect(wallets).toEqual([{ wallet: PAYER, opening: 4_000_000_000, closing: 2_500_000_000, change: -1_500_000_000 }]);
  });

  it("`summarize` also reads a record that the command `sim` wrote", async () => {
    const tx = (slot: number, success: boolean, error?: string) => ({
      type: "tx",
      data: { slot, signature: `${slot}`.repeat(40), success, error, logs: [], sol_changes: [], token_changes: [] },
    });
    const file = write([
      { type: "metadata", data: { start_slot: 1, end_slot: 9 } },
      tx(2, true),
      tx(3, false, "Error processing Instruction 1: insufficient funds for instruction"),
      { type: "summary", data: {} },
    ]);
    const { code, stdout } = await runCli(["summarize", file]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/transactions {2,}2 {2}1 failed/);
    expect(stdout).toContain("    1 × insufficient funds for instruction\n");
  });

  it("`summarize --idl` uses the IDL of a program to describe failures", async () => {
    const transaction = jsonTransaction({
      instructions: [{ program: ROUTER }],
      err: { InstructionError: [0, { Custom: 6000 }] },
    });
    const file = write([
      { type: "run", version: 1, startSlot: 1n, endSlot: 9n, programs: [], streams: [] },
      { type: "transaction", slot: 5n, signature: "a", transaction: { ...transaction, slot: 5n } },
    ]);
    const idl = { address: ROUTER, metadata: { name: "router" }, instructions: [], errors: [{ code: 6000, name: "TooLate" }] };
    writeFileSync(folder.path("idl.json"), JSON.stringify(idl));
    expect((await runCli(["summarize", file])).stdout).not.toContain("too late");
    expect((await runCli(["summarize", file, "--idl", folder.path("idl.json")])).stdout).toContain("1 × router: too late\n");
  });

  it("`summarize` exits with 4 for a record without transactions, and with 1 for a file that is not a record", async () => {
    const empty = write([{ type: "run", version: 1, startSlot: 1n, endSlot: 9n, programs: [], streams: [] }]);
    expect((await runCli(["summarize", empty])).code).toBe(4);
    const missing = await runCli(["summarize", folder.path("missing.ndjson")]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/cannot read .*missing\.ndjson: no such file/);
    writeFileSync(folder.path("bad.ndjson"), "not a record\n");
    expect((await runCli(["summarize", folder.path("bad.ndjson"), "--json"])).stdout).toMatch(/^\{"error":\{"code":"protocol"/);
    expect((await runCli(["summarize"])).code).toBe(2);
  });
});

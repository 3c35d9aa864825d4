import { describe, expect, it } from "vitest";
import { compareRuns } from "../../src/compare/compare-runs.js";
import { readRecord } from "../../src/compare/read-record.js";

const SIGNATURES = ["2", "3", "4", "5"].map((digit) => digit.repeat(88));
const ACCOUNT = "So11111111111111111111111111111111111111112";
const MINT = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";

interface Row {
  slot: number;
  signature: string;
  success?: boolean;
  error?: string;
  logs?: string[];
  lamports?: [pre: number, post: number];
  tokens?: [pre: number, post: number];
}

/** Returns a transaction line in the form in which `sim run` of sim-cli 0.21 writes it. */
function tx({ slot, signature, success = true, error, logs = ["Program log: a"], lamports, tokens }: Row): string {
  const data = {
    slot,
    timestamp: 1_700_000_000,
    signature,
    success,
    error,
    logs,
    sol_changes: lamports ? [{ pubkey: ACCOUNT, pre_lamports: lamports[0], post_lamports: lamports[1] }] : [],
    token_changes: tokens
      ? [{ pubkey: ACCOUNT, mint: MINT, owner: "", pre_amount: tokens[0], post_amount: tokens[1], decimals: 6 }]
      : [],
  };
  return JSON.stringify({ type: "tx", data });
}

function simRecord(rows: readonly Row[]): string {
  return [
    JSON.stringify({ type: "metadata", data: { start_slot: 1, end_slot: 9, program_ids: [MINT], ran_at_unix_secs: 7 } }),
    JSON.stringify({ type: "session_started", data: { session_id: "backtest_x", start_slot: 1, end_slot: 9 } }),
    ...rows.map(tx),
    JSON.stringify({ type: "diff", data: { slot: 1, tx_hash: SIGNATURES[0], account: ACCOUNT } }),
    JSON.stringify({ type: "summary", data: { total_transactions: rows.length, successes: rows.length, failures: 0 } }),
  ].join("\n");
}

const rows: Row[] = SIGNATURES.map((signature, at) => ({ slot: at + 1, signature, lamports: [10, 5] }));

describe("records of the sim command", () => {
  it("compareRuns compares two records of the command `sim`, although these records contain only changed balances", async () => {
    const changed: Row[] = [
      { ...rows[0]!, success: false, error: "Error processing Instruction 1: custom program error: 0x1" },
      { ...rows[1]!, lamports: [10, 7], tokens: [1, 2] },
      { ...rows[2]!, logs: ["Program log: b"] },
    ];
    const { summary, regressions, balances, logs, missing } = await compareRuns([simRecord(rows)], [simRecord(changed)]);
    expect(summary.a).toMatchObject({ writer: "sim", transactions: 4, isComplete: true, header: { startSlot: 1n, endSlot: 9n } });
    expect(regressions[0]?.b?.failure).toEqual({ instruction: 1, reason: "custom program error: 0x1" });
    expect(balances).toEqual([
      { slot: 2n, signature: SIGNATURES[1], account: ACCOUNT, a: 5n, b: 7n, changeA: -5n, changeB: -3n },
      { slot: 2n, signature: SIGNATURES[1], account: ACCOUNT, mint: MINT, decimals: 6, a: 1n, b: 2n, changeA: 0n, changeB: 1n },
    ]);
    expect([logs.length, missing.map(({ signature }) => signature)]).toEqual([1, [SIGNATURES[3]]]);
    expect(summary.pnl).toContainEqual(expect.objectContaining({ account: ACCOUNT, a: -20n, b: -13n, change: 7n }));
  });

  it("compareRuns compares only the data that both this package and the command `sim` record", async () => {
    const own = [
      JSON.stringify({ type: "run", version: 1, startSlot: 1, endSlot: 9, programs: [MINT], streams: ["transaction"] }),
      ...rows.map(({ slot, signature }) =>
        JSON.stringify({
          type: "transaction",
          slot,
          signature,
          program: MINT,
          transaction: {
            slot,
            transaction: { message: { accountKeys: [ACCOUNT, MINT] } },
            meta: { err: null, fee: 5, preBalances: [10, 1], postBalances: [5, 1], logMessages: ["Program log: a"] },
          },
        }),
      ),
      JSON.stringify({ type: "completed" }),
    ].join("\n");
    expect((await compareRuns([own], [simRecord(rows)])).summary).toMatchObject({ same: 4, different: 0, warnings: [] });
    const changed = [{ ...rows[0]!, lamports: undefined }, ...rows.slice(1)] as Row[];
    const { balances } = await compareRuns([own], [simRecord(changed)]);
    expect(balances).toEqual([
      { slot: 1n, signature: SIGNATURES[0], account: ACCOUNT, a: 5n, b: 10n, changeA: -5n, changeB: 0n },
    ]);
  });

  it("readRecord reads the entries in a record of the command `sim`", async () => {
    const entries = [];
    for await (const entry of readRecord([simRecord(rows)])) entries.push(entry);
    expect(entries.map(({ type }) => type)).toEqual(["run", "session", ...Array(4).fill("transaction"), "other", "completed"]);
    expect(entries[2]).toMatchObject({
      transaction: { slot: 1n, signature: SIGNATURES[0], err: null, balances: [{ account: ACCOUNT, pre: 10n, post: 5n }] },
    });
  });
});

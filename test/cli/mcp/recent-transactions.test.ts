import { describe, expect, it } from "vitest";
import { RecentTransactions } from "../../../src/cli/mcp/recent-transactions.js";
import type { ConfirmedTransaction } from "../../../src/protocol/transaction-notification.js";

/** Returns a transaction with a number in its signature. */
function transaction(number: number, logs: string[] = []): ConfirmedTransaction {
  const bytes = Buffer.alloc(70, 1);
  bytes.writeUInt32BE(number, 1);
  const meta = { err: number % 2 === 0 ? null : "AccountInUse", logMessages: logs } as unknown as ConfirmedTransaction["meta"];
  return { slot: BigInt(number), transaction: [bytes.toString("base64"), "base64"], meta };
}

describe("RecentTransactions", () => {
  it("RecentTransactions counts a transaction once, even if it is delivered for two programs", () => {
    const recent = new RecentTransactions();
    for (const number of [2, 2, 3]) recent.add(transaction(number));
    expect(recent).toMatchObject({ received: 2, failed: 1 });
    expect(recent.list({ onlyFailed: true }).map((one) => one.transaction.slot)).toEqual([3n]);
  });

  it("RecentTransactions stores at most 2,000 transactions, and drops the oldest", () => {
    const recent = new RecentTransactions();
    for (let number = 0; number < 2_010; number++) recent.add(transaction(number));
    expect(recent.received).toBe(2_010);
    expect(recent.list()).toHaveLength(2_000);
    expect(recent.list()[0]?.transaction.slot).toBe(10n);
  });

  it("RecentTransactions stores at most 32 MiB of transactions, and drops the oldest", () => {
    const recent = new RecentTransactions();
    const logs = ["x".repeat(9 * 1024 * 1024)];
    for (let number = 0; number < 5; number++) recent.add(transaction(number, logs));
    expect(recent.list().map((one) => one.transaction.slot)).toEqual([2n, 3n, 4n]);
  });
});

import { describe, expect, it } from "vitest";
import { WalletBalances } from "../../../src/cli/summarize/wallet-balances.js";
import type { RecordedTransaction } from "../../../src/compare/recorded-transaction.js";

const transaction = (slot: bigint, pre: bigint, post: bigint): RecordedTransaction =>
  ({ slot, balances: [{ account: "wallet", pre, post }] }) as unknown as RecordedTransaction;

describe("WalletBalances", () => {
  it("within one slot, WalletBalances uses the opening balance of the first transaction and the closing balance of the last", () => {
    const balances = new WalletBalances(["wallet"]);
    for (const [pre, post] of [
      [10n, 7n],
      [7n, 9n],
      [9n, 4n],
    ] as const)
      balances.add(transaction(5n, pre, post));
    expect(balances.rows).toEqual([{ wallet: "wallet", opening: 10n, closing: 4n, change: -6n }]);
  });

  it("WalletBalances finds the opening and closing balances by slot, even if the transactions are not in slot order", () => {
    const balances = new WalletBalances(["wallet"]);
    balances.add(transaction(6n, 7n, 9n));
    balances.add(transaction(5n, 10n, 7n));
    balances.add(transaction(4n, 12n, 10n));
    expect(balances.rows).toEqual([{ wallet: "wallet", opening: 12n, closing: 9n, change: -3n }]);
  });
});

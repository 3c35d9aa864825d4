import { describe, expect, it } from "vitest";
import { ProfitAndLossTable } from "../../src/compare/profit-and-loss.js";
import type { AnyTransaction } from "../../src/compare/recorded-transaction.js";

/** Returns a transaction that adds lamports to accounts. */
function adding(changes: Record<string, bigint>): AnyTransaction {
  const balances = Object.entries(changes).map(([account, change]) => ({ account, pre: 100n, post: 100n + change }));
  return { changedBalances: balances } as unknown as AnyTransaction;
}

describe("ProfitAndLossTable", () => {
  it("ProfitAndLossTable never drops a watched account, even if its changes are equal in both runs", () => {
    const table = new ProfitAndLossTable(["watched"], 4);
    table.add(adding({ watched: 5n }), "a", "b");
    for (const name of ["one", "two", "three", "four"]) table.add(adding({ [name]: 1n }), "a", "b");
    expect(table.rows(0).map(({ account, a, b }) => ({ account, a, b }))).toEqual([{ account: "watched", a: 5n, b: 5n }]);
    expect(table.rows(10).length).toBeLessThan(5);
    expect(table.omitted).toBe(0);
  });

  it("ProfitAndLossTable drops the accounts with the smallest differences if there are too many accounts", () => {
    const table = new ProfitAndLossTable([], 4);
    for (const [index, name] of ["a1", "a2", "a3", "a4", "a5"].entries()) table.add(adding({ [name]: BigInt(index + 1) }), "b");
    expect(table.rows(10).map(({ account }) => account)).toEqual(["a5", "a4"]);
    expect(table.omitted).toBe(3);
    table.add(adding({ late: 9n }), "b");
    expect(table.rows(1)).toMatchObject([{ account: "late", isPartial: true }]);
  });
});

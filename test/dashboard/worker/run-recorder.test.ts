import { expect, test } from "vitest";
import { RunRecorder } from "../../../demo/dashboard/worker/run-recorder.js";

const OWNER = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const diff = (slot: bigint, account: string, before: bigint, after: bigint) => {
  const state = (lamports: bigint) => ({
    lamports,
    data: ["", "base64"] as [string, string],
    owner: OWNER,
    executable: false,
    rentEpoch: 0n,
  });
  return { context: { slot }, account, signature: `${slot}`, pre: state(before), post: state(after) };
};
const recorder = () => new RunRecorder({ startSlot: 100n, rows: 10 });
const balance = (of: RunRecorder) => {
  const { x, accounts } = of.charts().balances;
  return [...x].map((slot, index) => [slot, Number(accounts[0]?.y[index])]);
};
const charted = (of: RunRecorder) => of.charts().balances.accounts.map(({ account }) => account);

test("a run recorder charts the first account whose balance changes, until an account is chosen", () => {
  const of = recorder();
  of.addAccountDiff(diff(100n, "still", 5n, 5n), undefined);
  expect(charted(of)).toEqual([]);
  of.addAccountDiff(diff(101n, "first", 5n, 6n), undefined);
  of.addAccountDiff(diff(102n, "second", 7n, 8n), undefined);
  of.addAccountDiff(diff(103n, "first", 6n, 9n), undefined);
  expect(charted(of)).toEqual(["first"]);
  expect(balance(of)).toEqual([
    [101, 6],
    [103, 9],
  ]);
  of.chartAccounts(["second"]);
  expect(balance(of)).toEqual([[102, 8]]);
  of.chartAccounts(["a", "b", "second", "c", "d", "b"]);
  expect(charted(of), "at most four").toEqual(["a", "b", "second", "c"]);
  of.chartAccounts([]);
  of.addAccountDiff(diff(104n, "first", 9n, 10n), undefined);
  expect(charted(of)).toEqual([]);
  expect(of.accounts()).toEqual([
    { address: "first", changes: 3 },
    { address: "second", changes: 1 },
  ]);
});

test("a run recorder uses limited memory, but its totals cover the whole run", () => {
  const of = recorder();
  for (let slot = 100n; slot < 5_100n; slot++) {
    of.addAccountDiff(diff(slot, `account ${slot}`, 0n, slot), undefined);
    of.addSlot(slot, 0);
  }
  expect(of.sums).toMatchObject({ slots: 5_000, accountDiffs: 5_000 });
  expect(of.accountDiffs.read()).toMatchObject({ total: 5_000, available: 10, dropped: 4_990 });
  expect(of.accounts().length).toBeLessThanOrEqual(100);
  expect(of.charts().slots.x.length).toBeLessThanOrEqual(2_048);
  for (let count = 0; count < 300; count++)
    of.addDiscovery({
      type: "discoveryBatch",
      slot: 1n,
      batchIndex: count,
      matched: [],
      transactions: [],
      transactionIndices: [],
    });
  expect(of.discoveries).toHaveLength(200);
  expect(of.discoveries[0]?.batchIndex).toBe(100);
});

test("a run recorder restores its totals from a copy, and continues to count", () => {
  const of = recorder();
  of.addSlot(100n, 2);
  of.addAccountDiff(diff(100n, "a", 1n, 2n), undefined);
  const restored = recorder();
  restored.restore(structuredClone(of.totals()));
  restored.addSlot(101n, 0);
  expect(restored.sums).toMatchObject({ slots: 2, skipped: 2, accountDiffs: 1, fees: 0n });
});

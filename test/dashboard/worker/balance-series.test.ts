import { expect, test } from "vitest";
import { BalanceSeries } from "../../../demo/dashboard/worker/balance-series.js";

test("a balance series contains the lamports after each slot", () => {
  const series = new BalanceSeries("account");
  series.add(10n, 5n);
  series.add(10n, 6n);
  series.add(12n, 0n);
  const { x, y } = series.read();
  expect([[...x], [...y]]).toEqual([
    [10, 12],
    [6, 0],
  ]);
});

test("a balance series keeps its slots in order in a parallel run", () => {
  const series = new BalanceSeries("account");
  for (const slot of [100n, 200n, 101n, 201n, 102n]) series.add(slot, slot);
  expect([...series.read().x]).toEqual([100, 101, 102, 200, 201]);
});

test("a balance series drops every second point when it is full, and keeps the newest point", () => {
  const series = new BalanceSeries("account");
  for (let slot = 0n; slot < 10_000n; slot++) series.add(slot, slot);
  const { x, y } = series.read();
  expect(x.length).toBeLessThanOrEqual(2_000);
  expect([x.at(-1), y.at(-1)]).toEqual([9_999, 9_999]);
  expect([...x].every((slot, index) => index === 0 || slot > (x[index - 1] ?? 0))).toBe(true);
});

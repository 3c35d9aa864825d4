import fc from "fast-check";
import { expect, test } from "vitest";
import { SlotSeries } from "../../../demo/dashboard/worker/slot-series.js";

const START = 300_000_000n;

test("a slot series sums amounts per slot and column", () => {
  const series = new SlotSeries(START, 2);
  series.add(START, 0, 2);
  series.add(START, 0, 3);
  series.add(START + 2n, 1, 7);
  const { x, columns } = series.read();
  expect([...x]).toEqual([300_000_000, 300_000_001, 300_000_002]);
  expect(columns.map((column) => [...column])).toEqual([
    [5, 0, 0],
    [0, 0, 7],
  ]);
});

test("a slot series has a bucket for a slot without amounts", () => {
  const series = new SlotSeries(START, 1);
  series.reach(START + 1n);
  expect([...series.read().x]).toHaveLength(2);
});

test("a slot series has at most 2,048 buckets, and preserves the sum of all amounts", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000_000 }), fc.integer({ min: 1, max: 100 })), { minLength: 1 }),
      (amounts) => {
        const series = new SlotSeries(START, 1);
        for (const [slot, amount] of amounts) series.add(START + BigInt(slot), 0, amount);
        const { x, columns } = series.read();
        const [sums = new Float64Array()] = columns;
        expect(x.length).toBeLessThanOrEqual(2_048);
        expect(sums.reduce((sum, amount) => sum + amount, 0)).toBe(amounts.reduce((sum, [, amount]) => sum + amount, 0));
        const expected = new Float64Array(sums.length);
        for (const [slot, amount] of amounts) {
          const bucket = Math.floor(slot / series.slotsPerBucket);
          expected[bucket] = (expected[bucket] ?? 0) + amount;
        }
        expect([...sums]).toEqual([...expected]);
      },
    ),
  );
});

test("a slot series restores a state that was saved as JSON", () => {
  const series = new SlotSeries(START, 1);
  for (let slot = 0n; slot < 3_000n; slot++) series.add(START + slot, 0, 1);
  const restored = new SlotSeries(START, 1);
  restored.restore(JSON.parse(JSON.stringify(series.save())));
  for (const of of [series, restored]) of.add(START + 3_000n, 0, 1);
  expect(restored.read()).toEqual(series.read());
  expect(restored.slotsPerBucket).toBe(2);
});

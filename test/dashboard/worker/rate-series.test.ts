import { expect, test } from "vitest";
import { RateSeries } from "../../../demo/dashboard/worker/rate-series.js";

const T0 = 1_700_000_000_000;

test("a rate series contains the count of each second, except the current second", () => {
  const series = new RateSeries();
  series.add(T0, 3);
  series.add(T0 + 999, 4);
  series.add(T0 + 2_000, 5);
  const { x, y } = series.read(T0 + 2_500);
  expect([...x]).toEqual([T0 / 1000, T0 / 1000 + 1]);
  expect([...y]).toEqual([7, 0]);
});

test("the mean of a rate series covers up to three whole seconds", () => {
  const series = new RateSeries();
  series.add(T0, 10);
  expect(series.mean(T0 + 500)).toBe(10);
  series.add(T0 + 1_000, 20);
  expect(series.mean(T0 + 2_000)).toBe(15);
  series.add(T0 + 2_000, 30);
  series.add(T0 + 3_000, 40);
  expect(series.mean(T0 + 4_000)).toBe(30);
  expect(series.mean(T0 + 60_000)).toBe(0);
});

test("a rate series covers the last two minutes, even after a pause", () => {
  const series = new RateSeries();
  for (let second = 0; second < 300; second++) series.add(T0 + second * 1000, second);
  const { x, y } = series.read(T0 + 300_000);
  expect(x).toHaveLength(119);
  expect([...y]).toEqual(Array.from({ length: 119 }, (_, index) => 181 + index));
  // After a pause of an hour, the series has only zeros, because all counts are too old.
  expect([...series.read(T0 + 3_900_000).y].every((count) => count === 0)).toBe(true);
});

test("a rate series keeps its counts when the clock is set back", () => {
  const series = new RateSeries();
  series.add(T0 + 10_000, 1);
  series.add(T0, 1);
  expect(series.read(T0 + 11_000).y.at(-1)).toBe(2);
});

import { expect, test } from "vitest";
import { SlotRate, WINDOW_MS } from "../../src/react/slot-rate.js";

test("is 0 at first, then what was done a second", () => {
  const rate = new SlotRate();
  expect(rate.take(1_000, 0n)).toBe(0);
  expect(rate.take(1_500, 100n)).toBe(200);
  expect(rate.take(2_000, 200n)).toBe(200);
});

test("follows a change within its window, however many looks are taken", () => {
  const rate = new SlotRate();
  for (let at = 0; at <= 10_000; at += 16) rate.take(at, BigInt(at));
  for (let at = 10_000; at <= 10_000 + WINDOW_MS; at += 16) rate.take(at, 10_000n + BigInt((at - 10_000) * 5));
  expect(rate.take(10_000 + WINDOW_MS + 200, 10_000n + BigInt((WINDOW_MS + 200) * 5))).toBeCloseTo(5_000, -2);
});

test("falls to 0 when nothing is done", () => {
  const rate = new SlotRate();
  rate.take(0, 0n);
  rate.take(1_000, 900n);
  expect(rate.take(2_000, 900n)).toBe(450);
  expect(rate.take(3_000, 900n)).toBe(300);
  expect(rate.take(4_000 + WINDOW_MS, 900n)).toBe(0);
});

test("is exact in its slots where numbers would round", () => {
  const rate = new SlotRate();
  rate.take(0, 2n ** 64n - 3n);
  expect(rate.take(1_000, 2n ** 64n - 1n)).toBe(2);
});

test("forgets", () => {
  const rate = new SlotRate();
  rate.take(0, 0n);
  rate.take(1_000, 900n);
  rate.reset();
  expect(rate.take(1_100, 1_000n)).toBe(0);
});

import { expect, test } from "vitest";
import { SlotRate, WINDOW_MS } from "../../src/react/slot-rate.js";

test("the first sample of a slot rate is 0, and each later sample is in slots per second", () => {
  const rate = new SlotRate();
  expect(rate.sample(1_000, 0n)).toBe(0);
  expect(rate.sample(1_500, 100n)).toBe(200);
  expect(rate.sample(2_000, 200n)).toBe(200);
});

test("after the speed changes, a slot rate reaches the new speed within the length of its window", () => {
  const rate = new SlotRate();
  for (let at = 0; at <= 10_000; at += 16) rate.sample(at, BigInt(at));
  for (let at = 10_000; at <= 10_000 + WINDOW_MS; at += 16) rate.sample(at, 10_000n + BigInt((at - 10_000) * 5));
  expect(rate.sample(10_000 + WINDOW_MS + 200, 10_000n + BigInt((WINDOW_MS + 200) * 5))).toBeCloseTo(5_000, -2);
});

test("a slot rate is 0 when one time window has passed since the last progress", () => {
  const rate = new SlotRate();
  rate.sample(0, 0n);
  rate.sample(100, 100n);
  expect(rate.sample(100 + WINDOW_MS, 100n)).toBe(0);
});

test("a slot rate falls to 0 without progress", () => {
  const rate = new SlotRate();
  rate.sample(0, 0n);
  rate.sample(1_000, 900n);
  expect(rate.sample(2_000, 900n)).toBe(450);
  expect(rate.sample(3_000, 900n)).toBe(300);
  expect(rate.sample(4_000 + WINDOW_MS, 900n)).toBe(0);
});

test("a slot rate is exact for slots above 2^53", () => {
  const rate = new SlotRate();
  rate.sample(0, 2n ** 64n - 3n);
  expect(rate.sample(1_000, 2n ** 64n - 1n)).toBe(2);
});

test("reset() of a slot rate removes all samples", () => {
  const rate = new SlotRate();
  rate.sample(0, 0n);
  rate.sample(1_000, 900n);
  rate.reset();
  expect(rate.sample(1_100, 1_000n)).toBe(0);
});

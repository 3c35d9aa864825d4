import { expect, test } from "vitest";
import { Prng } from "../../../../src/local/engine/synthetic/prng.js";

test("the random numbers for a seed are the same on every platform", () => {
  const prng = new Prng("a seed");
  expect([prng.u32(), prng.u32(), prng.u32()]).toEqual([2_308_555_599, 3_772_893_183, 881_363_357]);
  expect(new Prng("a seed").bytes(5)).toEqual(Uint8Array.of(79, 195, 153, 137, 255));
});

test("the random numbers for seeds that differ in one character are unrelated", () => {
  const first = new Prng("0/block/100");
  const second = new Prng("0/block/101");
  const equal = Array.from({ length: 1_000 }, () => first.u32() === second.u32());
  expect(equal.filter(Boolean)).toHaveLength(0);
});

test("random numbers below a limit are uniform, and a random chance has the given probability", () => {
  const prng = new Prng("spread");
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const drawn = prng.below(10);
    counts[drawn] = (counts[drawn] ?? Number.NaN) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  const hits = Array.from({ length: 10_000 }, () => prng.chance(0.25)).filter(Boolean).length;
  expect(Math.abs(hits - 2_500)).toBeLessThan(200);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agoMarks, around, slotMarks, solMarks, stack, toBars } from "../../demo/dashboard/view/chart-scales.js";

const slots = (length: number, slotsPerBucket = 1) => ({
  slotsPerBucket,
  x: Float64Array.from({ length }, (_, index) => 1000 + index * slotsPerBucket),
  succeeded: Float64Array.from({ length }, (_, index) => index % 7),
  failed: Float64Array.from({ length }, (_, index) => index % 3),
  computeUnits: Float64Array.from({ length }, (_, index) => index * 10),
});

describe("toBars", () => {
  it("leaves a short run as it is", () => {
    const of = slots(50);
    expect(toBars(of)).toEqual({
      slotsPerBar: 1,
      x: [...of.x],
      succeeded: [...of.succeeded],
      failed: [...of.failed],
      computeUnits: [...of.computeUnits],
    });
  });

  it("has means a slot, also where the worker's bucket has several", () => {
    expect(toBars({ ...slots(2, 4), succeeded: Float64Array.of(8, 2) })).toMatchObject({ slotsPerBar: 4, succeeded: [2, 0.5] });
  });

  it("has no more bars than there is room for, and loses nothing in them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2048 }), fc.constantFrom(1, 2, 8), (length, slotsPerBucket) => {
        const of = slots(length, slotsPerBucket);
        const { slotsPerBar, x, succeeded } = toBars(of);
        expect(x.length).toBeLessThanOrEqual(96);
        expect(succeeded).toHaveLength(x.length);
        // The last bar may have fewer slots than the others.
        const sum = succeeded.reduce(
          (sum, mean, index) => sum + mean * Math.min(slotsPerBar, length * slotsPerBucket - index * slotsPerBar),
          0,
        );
        expect(sum).toBeCloseTo(
          of.succeeded.reduce((sum, value) => sum + value, 0),
          6,
        );
      }),
    );
  });

  it("has bars that stay when others come", () => {
    const early = toBars(slots(100));
    const late = toBars(slots(180));
    expect(late.x.slice(0, early.x.length)).toEqual(early.x);
    expect(late.succeeded.slice(0, 49)).toEqual(early.succeeded.slice(0, 49));
  });
});

it("stacks one column on the other", () => {
  expect(stack([1, 2], [10, 20])).toEqual([11, 22]);
});

it("writes slots in full, and nothing between two of them", () => {
  expect(slotMarks([300_000_000, 300_000_000.5])).toEqual(["300,000,000", ""]);
});

it.each([
  [
    [0, 500_000_000, 1_000_000_000],
    ["0.0", "0.5", "1.0"],
  ],
  [
    [0, 2_000_000_000],
    ["0", "2"],
  ],
  [
    [9_007_207_783_760_000, 9_007_207_783_765_000],
    ["9,007,207.783760", "9,007,207.783765"],
  ],
  [[1], ["0"]],
])("marks of SOL have the decimals that their step takes: %j", (marks, texts) => {
  expect(solMarks(marks)).toEqual(texts);
});

it("marks of time count back from the newest second", () => {
  expect(agoMarks([10, 40, 99, 100], 100)).toEqual(["−1:30", "−1:00", "−0:01", "now"]);
});

describe("around", () => {
  it("leaves room on both sides", () => {
    expect(around(1000, 2000)).toEqual([900, 2100]);
  });

  it("has a height though nothing changes, and doesn't go below zero", () => {
    const [from, to] = around(500, 500);
    expect(to).toBeGreaterThan(from);
    expect(around(0, 0)).toEqual([0, 1]);
  });
});

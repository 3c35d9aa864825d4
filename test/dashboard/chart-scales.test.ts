import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agoMarks, around, decimalMarks, slotMarks, stack, toBars } from "../../demo/dashboard/view/chart-scales.js";

const slots = (length: number, slotsPerBucket = 1) => ({
  slotsPerBucket,
  x: Float64Array.from({ length }, (_, index) => 1000 + index * slotsPerBucket),
  succeeded: Float64Array.from({ length }, (_, index) => index % 7),
  failed: Float64Array.from({ length }, (_, index) => index % 3),
  computeUnits: Float64Array.from({ length }, (_, index) => index * 10),
});

describe("toBars", () => {
  it("toBars returns one bar per slot for a short run", () => {
    const of = slots(50);
    expect(toBars(of)).toEqual({
      slotsPerBar: 1,
      x: [...of.x],
      succeeded: [...of.succeeded],
      failed: [...of.failed],
      computeUnits: [...of.computeUnits],
    });
  });

  it("toBars returns the mean per slot, even if a bucket contains several slots", () => {
    expect(toBars({ ...slots(2, 4), succeeded: Float64Array.of(8, 2) })).toMatchObject({ slotsPerBar: 4, succeeded: [2, 0.5] });
  });

  it("toBars returns at most 96 bars, and preserves the total", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2048 }), fc.constantFrom(1, 2, 8), (length, slotsPerBucket) => {
        const of = slots(length, slotsPerBucket);
        const { slotsPerBar, x, succeeded } = toBars(of);
        expect(x.length).toBeLessThanOrEqual(96);
        expect(succeeded).toHaveLength(x.length);
        // The sum of a bar is its mean times its number of slots. The last bar can have fewer slots than the others.
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

  it("toBars keeps the positions of existing bars when bars are added", () => {
    const early = toBars(slots(100));
    const late = toBars(slots(180));
    expect(late.x.slice(0, early.x.length)).toEqual(early.x);
    expect(late.succeeded.slice(0, 49)).toEqual(early.succeeded.slice(0, 49));
  });
});

it("stack() adds the values of two columns, index by index", () => {
  expect(stack([1, 2], [10, 20])).toEqual([11, 22]);
});

it("slotMarks formats ticks at whole slots, and returns an empty text for ticks between two slots", () => {
  expect(slotMarks([300_000_000, 300_000_000.5])).toEqual(["300,000,000", ""]);
});

it.each([
  [
    [0, 0.5, 1],
    ["0.0", "0.5", "1.0"],
  ],
  [
    [0, 2],
    ["0", "2"],
  ],
  [
    [9_007_207.78376, 9_007_207.783765],
    ["9,007,207.783760", "9,007,207.783765"],
  ],
  [
    [0, 2.5, 5],
    ["0.0", "2.5", "5.0"],
  ],
  [
    [-1500, -1000],
    ["-1,500", "-1,000"],
  ],
  [[1], ["1"]],
])("decimalMarks formats all ticks with as many decimals as their increment needs: %j", (marks, texts) => {
  expect(decimalMarks(marks)).toEqual(texts);
});

describe("toBars with selected slots", () => {
  it("toBars returns finer bars if the user has selected slots", () => {
    const all = toBars(slots(400));
    expect(all.slotsPerBar).toBe(8);
    const zoomed = toBars(slots(400), [1100, 1149]);
    expect(zoomed.slotsPerBar).toBe(1);
    expect([zoomed.x[0], zoomed.x.at(-1)]).toEqual([1100, 1149]);
  });

  it("toBars includes the whole bucket if the selection starts inside a bucket", () => {
    expect(toBars(slots(50, 4), [1003, 1009]).x).toEqual([1000, 1004, 1008]);
  });

  it("toBars returns bars only for slots that the run has reached", () => {
    expect(toBars(slots(50), [5000, 6000]).x).toEqual([]);
    expect(toBars(slots(50), [0, 10]).x).toEqual([]);
  });
});

it("agoMarks labels each tick with its distance from the newest second", () => {
  expect(agoMarks([10, 40, 99, 100], 100)).toEqual(["−1:30", "−1:00", "−0:01", "now"]);
});

describe("around()", () => {
  it("around() adds a margin below and above the range", () => {
    expect(around(1000, 2000)).toEqual([900, 2100]);
  });

  it("for constant values, around() returns a non-empty range that starts at zero or above", () => {
    const [from, to] = around(500, 500);
    expect(to).toBeGreaterThan(from);
    expect(around(0, 0)).toEqual([0, 1]);
    const [below] = around(-10, 10);
    expect(below).toBe(-12);
  });
});

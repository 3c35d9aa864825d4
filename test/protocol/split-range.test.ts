import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AvailableRange } from "../../src/protocol/available-range.js";
import { U64_MAX } from "../../src/protocol/scalars.js";
import { type SplitOptions, splitRange } from "../../src/protocol/split-range.js";
import { thrownBy } from "./thrown.js";

type Bundle = [start: number | bigint, end: number | bigint];

const blocks = (...bundles: Bundle[]): AvailableRange[] =>
  bundles.map(([start, end]) => ({ bundleStartSlot: BigInt(start), maxBundleEndSlot: BigInt(end) }));
const recordings = (...bundles: Bundle[]): AvailableRange[] =>
  blocks(...bundles).map((range) => ({ ...range, kind: "account_state" }));

/** Returns the sub-ranges as pairs. */
function split(ranges: AvailableRange[], [startSlot, endSlot]: Bundle, options?: SplitOptions): [bigint, bigint][] {
  return splitRange(ranges, { startSlot, endSlot }, options).map((part) => [part.startSlot, part.endSlot]);
}

describe("splitRange", () => {
  // These are the test cases of the Rust crate.
  for (const [name, ranges, requested, parts, options] of [
    ["one bundle", blocks([100, 300]), [100, 300], [[100n, 300n]]],
    [
      "the needed bundles of several bundles",
      blocks([100, 200], [201, 300], [301, 400]),
      [100, 300],
      [
        [100n, 200n],
        [201n, 300n],
      ],
    ],
    [
      "the outer bundle, if nested bundles have a gap",
      blocks([100, 500], [110, 150], [150, 190], [501, 900]),
      [100, 900],
      [
        [100n, 500n],
        [501n, 900n],
      ],
    ],
    [
      "the finer grid, beside a coarse grid with another alignment",
      blocks([1000, 1999], [1500, 3400], [2000, 2999], [3000, 3999]),
      [1000, 3999],
      [
        [1000n, 1999n],
        [2000n, 2999n],
        [3000n, 3999n],
      ],
    ],
    [
      "the finer of two bundles with the same start",
      blocks([100, 150], [100, 120], [121, 140], [141, 160]),
      [100, 160],
      [
        [100n, 120n],
        [121n, 140n],
        [141n, 160n],
      ],
    ],
    [
      "a pair of finer bundles instead of the coarse bundle that covers both",
      blocks([100, 200], [100, 150], [151, 160]),
      [100, 160],
      [
        [100n, 150n],
        [151n, 160n],
      ],
    ],
    ["the coarse bundle where the finer grid has a hole", blocks([100, 160], [100, 120], [121, 140]), [100, 160], [[100n, 160n]]],
    [
      "a last bundle that extends past the end",
      blocks([100, 199], [200, 999]),
      [100, 450],
      [
        [100n, 199n],
        [200n, 450n],
      ],
    ],
    [
      "bundles, from the start of the bundle that contains the requested start",
      blocks([150, 350], [351, 600]),
      [200, 600],
      [
        [150n, 350n],
        [351n, 600n],
      ],
    ],
    [
      "a recording instead of finer blocks, if recordings are requested",
      [...blocks([100, 149], [150, 199]), ...recordings([100, 199])],
      [100, 199],
      [[100n, 199n]],
      { kind: "account_state" },
    ],
    [
      "a recording of one slot",
      recordings([100, 249], [250, 250]),
      [100, 250],
      [
        [100n, 249n],
        [250n, 250n],
      ],
      { kind: "account_state" },
    ],
    [
      "the coarse bundle, if the fewest sub-ranges are requested",
      blocks([100, 200], [100, 150], [151, 160]),
      [100, 160],
      [[100n, 160n]],
      { prefer: "fewest" },
    ],
    [
      "the only bundles that reach the end, even if the fewest sub-ranges are requested",
      blocks([100, 150], [100, 120], [121, 140], [141, 160]),
      [100, 160],
      [
        [100n, 120n],
        [121n, 140n],
        [141n, 160n],
      ],
      { prefer: "fewest" },
    ],
    [
      "the shorter first bundle, if two splits have the same number of sub-ranges",
      blocks([0, 9], [0, 19], [10, 29], [20, 29]),
      [0, 29],
      [
        [0n, 9n],
        [10n, 29n],
      ],
    ],
    [
      "the shorter first bundle, if the fewest sub-ranges are requested and two splits have the same number",
      blocks([0, 9], [0, 19], [10, 29], [20, 29]),
      [0, 29],
      [
        [0n, 9n],
        [10n, 29n],
      ],
      { prefer: "fewest" },
    ],
    ["the latest bundle that contains the requested start", blocks([0, 99], [40, 99]), [50, 99], [[40n, 99n]]],
    [
      "bundles at the largest slots",
      blocks([U64_MAX - 9n, U64_MAX - 5n], [U64_MAX - 4n, U64_MAX]),
      [U64_MAX - 9n, U64_MAX],
      [
        [U64_MAX - 9n, U64_MAX - 5n],
        [U64_MAX - 4n, U64_MAX],
      ],
    ],
    ["a bundle of all possible slots", blocks([0, U64_MAX]), [0, U64_MAX], [[0n, U64_MAX]]],
    ["a bundle of one slot, the largest slot", blocks([0, 0], [U64_MAX, U64_MAX]), [U64_MAX, U64_MAX], [[U64_MAX, U64_MAX]]],
  ] as [string, AvailableRange[], Bundle, [bigint, bigint][], SplitOptions?][]) {
    test(`splitRange takes the bounds of its sub-ranges from ${name}`, () =>
      expect(split(ranges, requested, options)).toStrictEqual(parts));
  }

  test("splitRange accepts bundles in any order, and ignores duplicate and invalid bundles", () => {
    const ranges = [...blocks([200, 299], [100, 199], [100, 199], [150, 120]), { bundleStartSlot: 100n }];
    expect(split(ranges, [100, 299])).toStrictEqual([
      [100n, 199n],
      [200n, 299n],
    ]);
  });

  test("splitRange does not change its arguments", () => {
    const ranges = Object.freeze(blocks([200, 299], [100, 199]));
    splitRange(ranges, { startSlot: 100, endSlot: 299 });
    expect(ranges.map(({ bundleStartSlot }) => bundleStartSlot)).toEqual([200n, 100n]);
  });

  // In quadratic time this test would exceed its time limit.
  test("splitRange splits a range of 20,000 bundles in less than quadratic time", () => {
    const ranges = blocks(...Array.from({ length: 20_000 }, (_, index): Bundle => [index * 10, index * 10 + 9]));
    expect(split(ranges, [0, 199_999])).toHaveLength(20_000);
  });
});

describe("a range that cannot be split is refused", () => {
  for (const [name, ranges, requested, field, problem, options] of [
    [
      "a start before all bundles",
      blocks([200, 400]),
      [100, 400],
      "startSlot",
      "start_slot 100 is not covered by any available bundle range",
    ],
    [
      "a start after all bundles",
      blocks([200, 400]),
      [401, 500],
      "startSlot",
      "start_slot 401 is not covered by any available bundle range",
    ],
    ["an end that no bundle reaches", blocks([100, 200]), [100, 300], "endSlot", "gap in coverage at slot 201"],
    ["a gap between two bundles", blocks([100, 200], [210, 300]), [100, 300], "endSlot", "gap in coverage at slot 201"],
    [
      "a gap after two overlapping bundles",
      blocks([100, 200], [150, 250], [260, 300]),
      [100, 300],
      "endSlot",
      "gap in coverage at slot 251",
    ],
    [
      "a range that only overlapping bundles cover",
      blocks([0, 120], [100, 199]),
      [0, 199],
      "endSlot",
      "no gap-free split of [0, 199] aligns with the available bundle ranges",
    ],
    [
      "a range whose last slot, the largest u64, is not covered",
      blocks([0, U64_MAX - 1n]),
      [0, U64_MAX],
      "endSlot",
      `gap in coverage at slot ${U64_MAX}`,
    ],
    [
      "a request for recordings, if there are only blocks",
      blocks([100, 199]),
      [100, 199],
      "startSlot",
      "start_slot 100 is not covered by any available account-state bundle",
      { kind: "account_state" },
    ],
    [
      "a range that only overlapping recordings cover",
      recordings([0, 120], [100, 199]),
      [0, 199],
      "endSlot",
      "aligns with the available account-state bundles",
      { kind: "account_state" },
    ],
    ["an end before the start", blocks([0, 99]), [50, 49], "endSlot", "49 is before startSlot 50"],
    ["a negative start", blocks([0, 99]), [-1, 49], "startSlot", "expected a whole number"],
    ["an end over 2^64 - 1", blocks([0, 99]), [0, U64_MAX + 1n], "endSlot", "expected a whole number"],
  ] as [string, AvailableRange[], Bundle, string, string, SplitOptions?][]) {
    test(`splitRange refuses ${name}`, () => {
      const error = thrownBy(() => split(ranges, requested, options));
      expect(error).toMatchObject({ code: "invalidParams", field });
      expect(error.message).toContain(problem);
    });
  }

  test("splitRange refuses a missing range", () => {
    expect(thrownBy(() => splitRange([], undefined as never))).toMatchObject({ code: "invalidParams", field: "startSlot" });
  });
});

describe("for any bundles", () => {
  const slot = fc.integer({ min: 0, max: 14 });
  const bundles = fc.array(fc.tuple(slot, fc.integer({ min: -1, max: 6 })), { maxLength: 14 });
  /** The first slot of the generated bundles: 0, near 2^53, or near the largest u64. */
  const base = fc.constantFrom(0n, 2n ** 53n - 4n, U64_MAX - 21n);
  const cases = fc.record({
    bundles,
    base,
    from: slot,
    length: fc.integer({ min: 0, max: 7 }),
    prefer: fc.constantFrom("most" as const, "fewest" as const),
  });

  test("splitRange returns the same split as an exhaustive search for the best split", () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(cases, ({ bundles, base, from, length, prefer }) => {
        const ranges = blocks(
          ...bundles.map(
            ([start, more]): Bundle =>
              [base + BigInt(start), base + BigInt(start + more)].map((edge) => (edge < 0n ? 0n : edge)) as [bigint, bigint],
          ),
        );
        const startSlot = base + BigInt(from);
        const endSlot = startSlot + BigInt(length);
        const best = bestOf(allSplits(ranges, startSlot, endSlot), prefer);
        if (best === undefined) {
          expect(thrownBy(() => splitRange(ranges, { startSlot, endSlot }, { prefer })).code).toBe("invalidParams");
        } else {
          expect(split(ranges, [startSlot, endSlot], { prefer })).toStrictEqual(best);
        }
        outcomes.add(best === undefined ? "refused" : best.length > 1 ? "several" : "one");
      }),
      { numRuns: 3_000 },
    );
    expect([...outcomes].sort()).toEqual(["one", "refused", "several"]);
  });

  test("splitRange covers the requested range without gaps, and divides it only at the edges of bundles", () => {
    let splits = 0;
    fc.assert(
      fc.property(cases, ({ bundles, from, length, prefer }) => {
        const ranges = blocks(...bundles.map(([start, more]): Bundle => [start, Math.max(0, start + more)]));
        const [startSlot, endSlot] = [BigInt(from), BigInt(from + length)];
        let parts: [bigint, bigint][];
        try {
          parts = split(ranges, [startSlot, endSlot], { prefer });
        } catch {
          return;
        }
        splits++;
        expect(parts[0]![0]).toBeLessThanOrEqual(startSlot);
        expect(parts.at(-1)![1]).toBe(endSlot);
        for (const [index, [start, end]] of parts.entries()) {
          if (index > 0) expect(start).toBe(parts[index - 1]![1] + 1n);
          const ends = ranges.filter(({ bundleStartSlot }) => bundleStartSlot === start).map((range) => range.maxBundleEndSlot!);
          if (index < parts.length - 1) expect(ends).toContain(end);
          else expect(ends.some((bundleEnd) => bundleEnd >= end)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(splits).toBeGreaterThan(100);
  });
});

/**
 * Returns all sequences of adjacent bundles that cover the range. All sequences begin at the same slot: the highest start slot
 * of the bundles that contain `startSlot`.
 */
function allSplits(ranges: AvailableRange[], startSlot: bigint, endSlot: bigint): [bigint, bigint][][] {
  const all = ranges.map(({ bundleStartSlot, maxBundleEndSlot = -1n }) => [bundleStartSlot, maxBundleEndSlot] as const);
  const covering = all.filter(([start, end]) => start <= startSlot && end >= startSlot).map(([start]) => start);
  const anchor = covering.sort((a, b) => Number(b - a))[0];
  const from = (at: bigint): [bigint, bigint][][] =>
    all
      .filter(([start, end]) => start === at && end >= start)
      .flatMap(([start, end]) =>
        end >= endSlot
          ? [[[start, endSlot] as [bigint, bigint]]]
          : from(end + 1n).map((rest) => [[start, end] as [bigint, bigint], ...rest]),
      );
  return anchor === undefined ? [] : from(anchor);
}

/**
 * Returns the split with the most or the fewest sub-ranges. If several splits have this number of sub-ranges, returns the split
 * with the lowest end slots.
 */
function bestOf(splits: [bigint, bigint][][], prefer: "most" | "fewest"): [bigint, bigint][] | undefined {
  const sign = prefer === "most" ? -1 : 1;
  const byEnds = (a: [bigint, bigint][], b: [bigint, bigint][]): number =>
    Number(a.map(([, end], index) => end - (b[index]?.[1] ?? 0n)).find((difference) => difference !== 0n) ?? 0n);
  return splits.sort((a, b) => sign * (a.length - b.length) || byEnds(a, b))[0];
}

import { describe, expect, test } from "vitest";
import type { AvailableRange } from "../../src/protocol/available-range.js";
import { filterRanges, type RangeBounds } from "../../src/protocol/filter-ranges.js";
import { U64_MAX } from "../../src/protocol/scalars.js";
import { thrownBy } from "./thrown.js";

const JANUARY: AvailableRange = {
  bundleStartSlot: 100n,
  bundleStartSlotUtc: "2026-01-01T00:00:00Z",
  maxBundleEndSlot: 199n,
  maxBundleEndSlotUtc: "2026-01-31T23:59:59Z",
};
const FEBRUARY: AvailableRange = {
  bundleStartSlot: 200n,
  bundleStartSlotUtc: "2026-02-01T00:00:00.5+00:00",
  maxBundleEndSlot: U64_MAX,
  maxBundleEndSlotUtc: "2026-02-28T00:00:00Z",
};
const TIMELESS: AvailableRange = { bundleStartSlot: 300n };
const ALL = { JANUARY, FEBRUARY, TIMELESS };

function kept(bounds: RangeBounds): string[] {
  const ranges = filterRanges(Object.values(ALL), bounds);
  return Object.entries(ALL).flatMap(([name, range]) => (ranges.includes(range) ? [name] : []));
}

describe("ranges are kept", () => {
  for (const [bounds, names] of [
    [{}, ["JANUARY", "FEBRUARY", "TIMELESS"]],
    // `after` removes the ranges that start before this bound. JANUARY starts at slot 100.
    [{ after: 100 }, ["JANUARY", "FEBRUARY", "TIMELESS"]],
    [{ after: 101n }, ["FEBRUARY", "TIMELESS"]],
    [{ after: "201" }, ["TIMELESS"]],
    [{ after: String(U64_MAX) }, []],
    // `before` removes the ranges that end after this bound. TIMELESS has no end, so TIMELESS is always kept.
    [{ before: 199 }, ["JANUARY", "TIMELESS"]],
    [{ before: 198n }, ["TIMELESS"]],
    [{ before: U64_MAX }, ["JANUARY", "FEBRUARY", "TIMELESS"]],
    [{ before: U64_MAX - 1n }, ["JANUARY", "TIMELESS"]],
    // If a bound is a time, a range without times (TIMELESS) is kept.
    [{ after: "2026-01-01" }, ["JANUARY", "FEBRUARY", "TIMELESS"]],
    [{ after: "2026-01-01T00:00:00.001Z" }, ["FEBRUARY", "TIMELESS"]],
    [{ after: "2026-01-01T01:00:00+01:00" }, ["JANUARY", "FEBRUARY", "TIMELESS"]],
    [{ after: new Date("2026-02-01T00:00:00.501Z") }, ["TIMELESS"]],
    [{ before: "2026-01-31T23:59:59Z" }, ["JANUARY", "TIMELESS"]],
    [{ before: "2026-01-31" }, ["TIMELESS"]],
    [{ after: 150, before: "2026-03-01" }, ["FEBRUARY", "TIMELESS"]],
  ] as [RangeBounds, string[]][]) {
    test(`filterRanges keeps the ranges within the bounds: ${
      Object.entries(bounds)
        .map(([name, bound]) => `${name} ${bound instanceof Date ? bound.toISOString() : bound}`)
        .join(", ") || "no bounds"
    }`, () => {
      expect(kept(bounds)).toEqual(names);
    });
  }

  test("filterRanges ignores an invalid time of a range", () => {
    const odd = { ...JANUARY, bundleStartSlotUtc: "last winter", maxBundleEndSlotUtc: "" };
    expect(filterRanges([odd], { after: "2027-01-01", before: "2020-01-01" })).toEqual([odd]);
  });
});

describe("a bound that is neither a slot nor a time is refused", () => {
  for (const bound of [
    -1,
    1.5,
    Number.NaN,
    U64_MAX + 1n,
    String(U64_MAX + 1n),
    "",
    "-1",
    "yesterday",
    "2026-01",
    "2026-13-01",
    "2026-01-01T00:00:00",
    "01/02/2026",
    new Date(Number.NaN),
    null,
    {},
    true,
  ]) {
    test(`filterRanges refuses the ${typeof bound} ${String(bound)} as a bound, because it is neither a slot nor a time`, () => {
      expect(thrownBy(() => filterRanges([], { before: bound as never }))).toMatchObject({
        code: "invalidParams",
        field: "before",
      });
    });
  }
});

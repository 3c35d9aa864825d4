import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rowForKey, sinceAnchor, windowOf } from "../../demo/dashboard/view/table/virtual-window.js";

describe("windowOf", () => {
  it("windowOf returns the visible rows and at most 24 more rows", () => {
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.integer({ min: 0, max: 2000 }),
        fc.constantFrom(30, 54),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rowCount, height, rowHeight, share) => {
          const scrollTop = Math.max(0, rowCount * rowHeight - height) * share;
          const { first, count } = windowOf({ scrollTop, height, rowHeight, rowCount });
          expect(first).toBeGreaterThanOrEqual(0);
          expect(first * rowHeight).toBeLessThanOrEqual(scrollTop);
          expect((first + count) * rowHeight).toBeGreaterThanOrEqual(Math.min(scrollTop + height, rowCount * rowHeight));
          expect(count).toBeLessThanOrEqual(Math.ceil(height / rowHeight) + 24);
        },
      ),
    );
  });

  it("windowOf returns a new window only after several scrolled rows, not after every scrolled pixel", () => {
    const windows = [0, 10, 29, 40, 89].map((more) =>
      windowOf({ scrollTop: 3000 + more, height: 600, rowHeight: 30, rowCount: 1000 }),
    );
    expect(new Set(windows.map(({ first }) => first)).size).toBe(2);
  });

  it("windowOf starts at 0 for an empty table", () => {
    expect(windowOf({ scrollTop: 0, height: 300, rowHeight: 30, rowCount: 0 }).first).toBe(0);
  });
});

describe("sinceAnchor", () => {
  const anchor = { asOf: 500, rowCount: 100 };

  it("sinceAnchor counts the rows that were added after the anchor was set", () => {
    expect(sinceAnchor(anchor, { total: 540, available: 200 })).toEqual({ newer: 40, available: 100, dropped: 0 });
  });

  it("sinceAnchor counts the old rows that were dropped after the anchor was set", () => {
    expect(sinceAnchor(anchor, { total: 540, available: 100 })).toEqual({ newer: 40, available: 60, dropped: 40 });
  });

  it("sinceAnchor returns `available: 0` if all rows that are older than the anchor were dropped", () => {
    expect(sinceAnchor(anchor, { total: 5000, available: 100 })).toEqual({ newer: 4500, available: 0, dropped: 100 });
  });
});

describe("rowForKey", () => {
  it.each([
    ["ArrowDown", 11],
    ["ArrowUp", 9],
    ["PageDown", 30],
    ["PageUp", 0],
    ["Home", 0],
    ["End", 99],
  ])("if row 10 is active and the user presses %s, rowForKey returns row %i", (key, row) => {
    expect(rowForKey(key, 10, 100, 20)).toBe(row);
  });

  it("rowForKey never returns a row outside the table", () => {
    expect(rowForKey("ArrowDown", 99, 100, 20)).toBe(99);
    expect(rowForKey("ArrowUp", 0, 100, 20)).toBe(0);
    expect(rowForKey("End", 0, 0, 20)).toBe(0);
  });

  it("rowForKey returns undefined if the user presses a key that does not navigate", () => {
    expect(rowForKey("a", 10, 100, 20)).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import {
  filterChoices,
  fitInto,
  isWithin,
  moveEdge,
  positionOf,
  sizeOf,
  slotAt,
  slotForKey,
  toChoices,
} from "../../../demo/dashboard/picker/slot-part.js";

const MAX = 2n ** 64n - 1n;
const RANGE = { first: 1_000n, last: 1_999n };
/** A range whose slots are above 2^53, so a number would round them. */
const LARGE = { first: MAX - 99n, last: MAX };

describe("toChoices", () => {
  it("toChoices lists the valid ranges of blocks without duplicates, ordered by first slot", () => {
    const choices = toChoices([
      { bundleStartSlot: 200n, maxBundleEndSlot: 299n, scope: "user" },
      { bundleStartSlot: 100n, maxBundleEndSlot: 199n, kind: "blocks", bundleStartSlotUtc: "2026-01-01T00:00:00Z" },
      { bundleStartSlot: 100n, maxBundleEndSlot: 199n, kind: "account_state" },
      { bundleStartSlot: 100n, maxBundleEndSlot: 149n },
      { bundleStartSlot: 300n },
      { bundleStartSlot: 500n, maxBundleEndSlot: 400n },
      { bundleStartSlot: 200n, maxBundleEndSlot: 299n, scope: "user" },
    ]);
    expect(choices.map(({ first, last, isOwn }) => [first, last, isOwn])).toEqual([
      [100n, 149n, false],
      [100n, 199n, false],
      [200n, 299n, true],
    ]);
  });
});

describe("filterChoices", () => {
  const choices = toChoices([
    {
      bundleStartSlot: 300_000_000n,
      maxBundleEndSlot: 300_000_999n,
      bundleStartSlotUtc: "2026-01-01T10:00:00Z",
      maxBundleEndSlotUtc: "2026-01-03T10:00:00Z",
    },
    { bundleStartSlot: 300_001_000n, maxBundleEndSlot: 300_001_999n },
  ]);
  it.each([
    ["a slot", "300,000,500", [300_000_000n]],
    ["a date", "2026-01-03", [300_000_000n]],
    ["a date in the middle of a range", "2026-01-02", [300_000_000n]],
    ["a slot in no range", "300002000", []],
    ["an empty text", " ", [300_000_000n, 300_001_000n]],
  ])("if the search text is %s, filterChoices returns the matching ranges", (_, text, found) => {
    expect(filterChoices(choices, text).map(({ first }) => first)).toEqual(found);
  });
});

describe("a part of a range", () => {
  it("fitInto moves a part into the range, and shortens a part that is longer than the range", () => {
    expect(fitInto({ first: 0n, last: 9n }, RANGE)).toEqual({ first: 1_000n, last: 1_009n });
    expect(fitInto({ first: 5_000n, last: 5_009n }, RANGE)).toEqual({ first: 1_990n, last: 1_999n });
    expect(fitInto({ first: 0n, last: 9_999n }, RANGE)).toEqual(RANGE);
    expect(fitInto({ first: 1_500n, last: 1_509n }, RANGE)).toEqual({ first: 1_500n, last: 1_509n });
  });

  it("moveEdge keeps the edges in order and in the range", () => {
    const part = { first: 1_100n, last: 1_200n };
    expect(moveEdge(part, "first", 1_300n, RANGE)).toEqual({ first: 1_200n, last: 1_200n });
    expect(moveEdge(part, "last", 1_000n, RANGE)).toEqual({ first: 1_100n, last: 1_100n });
    expect(moveEdge(part, "first", 0n, RANGE).first).toBe(1_000n);
    expect(moveEdge(part, "last", MAX, RANGE).last).toBe(1_999n);
  });

  it("isWithin and sizeOf are exact for slots up to 2^64 - 1", () => {
    expect(sizeOf(LARGE)).toBe(100n);
    expect(isWithin({ first: MAX, last: MAX }, LARGE)).toBe(true);
    expect(isWithin({ first: MAX, last: MAX + 1n }, LARGE)).toBe(false);
    expect(isWithin({ first: MAX, last: MAX - 1n }, LARGE), "an empty part").toBe(false);
  });

  it.each([
    ["ArrowLeft", MAX - 51n],
    ["ArrowRight", MAX - 49n],
    ["PageDown", MAX - 55n],
    ["PageUp", MAX - 45n],
    ["Home", MAX - 99n],
    ["End", MAX],
    ["a", undefined],
  ])("slotForKey returns an exact slot near 2^64 for the key %s", (key, slot) => {
    expect(slotForKey(key, MAX - 50n, LARGE)).toBe(slot);
  });

  it("slotAt is the inverse of positionOf, and is exact at the first and the last slot of the range", () => {
    expect(slotAt(0, LARGE)).toBe(LARGE.first);
    expect(slotAt(1, LARGE)).toBe(MAX);
    expect(slotAt(-3, LARGE)).toBe(LARGE.first);
    expect(slotAt(9, LARGE)).toBe(MAX);
    for (let slot = LARGE.first; slot <= MAX; slot++) expect(slotAt(positionOf(slot, LARGE), LARGE)).toBe(slot);
    expect(positionOf(5n, { first: 5n, last: 5n })).toBe(0);
    expect(slotAt(0.5, { first: 0n, last: MAX })).toBe(2n ** 63n);
  });
});

import { describe, expect, test } from "vitest";
import { SequenceTracker } from "../../src/channels/sequence-tracker.js";

describe("a sequence tracker", () => {
  test("a sequence tracker recognizes duplicates", () => {
    const tracker = new SequenceTracker();
    expect(tracker.isDuplicate(1n)).toBe(false);
    tracker.advance(1n, false);
    expect(tracker.isDuplicate(1n)).toBe(true);
    expect(tracker.isDuplicate(2n)).toBe(false);
    expect(tracker.last).toBe(1n);
  });

  test("a sequence tracker never treats a response without an id as a duplicate", () => {
    expect(new SequenceTracker(9n).isDuplicate(undefined)).toBe(false);
  });

  test("a sequence tracker starts after the given id", () => {
    const tracker = new SequenceTracker(9n);
    expect(tracker.last).toBe(9n);
    expect(tracker.isDuplicate(9n)).toBe(true);
    expect(tracker.advance(12n, true)).toEqual({ expected: 10n, got: 12n });
  });

  test("a sequence tracker reports skipped ids after a re-attach only if the server numbers its responses consecutively", () => {
    const tracker = new SequenceTracker();
    tracker.advance(5n, false);
    expect(tracker.advance(6n, true)).toBeUndefined();
    expect(tracker.advance(9n, true)).toEqual({ expected: 7n, got: 9n });
    // A reported gap does not stop the tracker from reporting the next gap.
    expect(tracker.advance(11n, true)).toEqual({ expected: 10n, got: 11n });
    expect(tracker.advance(15n, false)).toBeUndefined();
    expect(tracker.advance(20n, true)).toBeUndefined();
  });
});

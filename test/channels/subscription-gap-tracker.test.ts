import { describe, expect, test } from "vitest";
import { Cursor } from "../../src/channels/cursor.js";
import { SubscriptionGapTracker } from "../../src/channels/subscription-gap-tracker.js";

describe("SubscriptionGapTracker", () => {
  test("SubscriptionGapTracker reports one gap for a skipped damaged frame", () => {
    const received = new Cursor();
    received.accept(100n, "a");
    const gaps = new SubscriptionGapTracker(received);
    gaps.handleSkipped(1n);
    expect(gaps.gapBefore(100n)).toEqual({ expected: 100n, got: 100n });
    expect(gaps.gapBefore(101n)).toBeUndefined();
  });

  test("SubscriptionGapTracker starts the gap at the first slot of the range if a frame was skipped before the first event", () => {
    const gaps = new SubscriptionGapTracker(new Cursor());
    gaps.handleSkipped(1n);
    expect(gaps.gapBefore(5n)).toEqual({ expected: 1n, got: 5n });
    expect(gaps.gapAtEnd(9n)).toBeUndefined();
  });
});

import { describe, expect, test } from "vitest";
import type { ControlEvent } from "../../../src/channels/managed-events.js";
import { StopTracker } from "../../../src/session/continues/stop-tracker.js";

const event = (type: string): ControlEvent => ({ type }) as ControlEvent;

describe("StopTracker", () => {
  test("StopTracker returns `early` for the events of a resumed session up to the last replayed stop, and `current` for later events", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 1 });
    expect(["slot", "readyForContinue", "slot"].map((type) => tracker.handleEvent(event(type), true))).toEqual([
      "early",
      "early",
      "current",
    ]);
  });

  test("StopTracker never returns `early` for `completed`, because no later event can answer the continue request", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 1 });
    expect(tracker.handleEvent(event("completed"), true)).toBe("current");
  });

  test("StopTracker returns `current` for a stop after a gap, because the replayed stops may be lost", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 2 });
    tracker.handleEvent(event("continuity"), true);
    expect(tracker.handleEvent(event("readyForContinue"), true)).toBe("current");
  });
});

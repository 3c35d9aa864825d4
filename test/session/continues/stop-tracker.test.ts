import { describe, expect, test } from "vitest";
import type { ControlEvent } from "../../../src/channels/managed-events.js";
import { StopTracker } from "../../../src/session/continues/stop-tracker.js";

const event = (type: string): ControlEvent => ({ type }) as ControlEvent;

describe("StopTracker", () => {
  test("StopTracker returns `early` for events from before the continue request, and `current` for later events", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 1 });
    expect(["slot", "readyForContinue", "slot"].map((type) => tracker.handleEvent(event(type), true))).toEqual([
      "early",
      "early",
      "current",
    ]);
  });

  test("StopTracker returns `current` for `completed`, even if earlier stops have not been replayed", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 1 });
    expect(tracker.handleEvent(event("completed"), true)).toBe("current");
  });

  test("StopTracker returns `current` for the first readyForContinue after a gap", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 2 });
    tracker.handleEvent(event("continuity"), true);
    expect(tracker.handleEvent(event("readyForContinue"), true)).toBe("current");
  });
});

import { describe, expect, test } from "vitest";
import type { ControlEvent } from "../../../src/channels/managed-events.js";
import { StopTracker } from "../../../src/session/continues/stop-tracker.js";

const event = (type: string): ControlEvent => ({ type }) as ControlEvent;

describe("StopTracker", () => {
  test("StopTracker classifies an event as `early` if it happened before the continue request, and otherwise as `current`", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 1 });
    expect(["slot", "readyForContinue", "slot"].map((type) => tracker.handleEvent(event(type), true))).toEqual([
      "early",
      "early",
      "current",
    ]);
  });

  test("StopTracker always classifies the event `completed` as `current`, never as `early`", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 1 });
    expect(tracker.handleEvent(event("completed"), true)).toBe("current");
  });

  test("StopTracker classifies the first `readyForContinue` after a gap as `current`", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 2 });
    tracker.handleEvent(event("continuity"), true);
    expect(tracker.handleEvent(event("readyForContinue"), true)).toBe("current");
  });
});

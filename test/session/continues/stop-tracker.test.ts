import { describe, expect, test } from "vitest";
import type { ControlEvent } from "../../../src/channels/managed-events.js";
import { StopTracker } from "../../../src/session/continues/stop-tracker.js";

const event = (type: string): ControlEvent => ({ type }) as ControlEvent;

describe("StopTracker", () => {
  test("StopTracker treats replayed events of a resumed session as early until the last replayed stop", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 1 });
    expect(["slot", "readyForContinue", "slot"].map((type) => tracker.handleEvent(event(type), true))).toEqual([
      "early",
      "early",
      "current",
    ]);
  });

  test("StopTracker never treats completed as early, because no later event can answer the continue request", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 1 });
    expect(tracker.handleEvent(event("completed"), true)).toBe("current");
  });

  test("StopTracker expects no more replayed stops after a gap", () => {
    const tracker = new StopTracker({ atStop: false, stopsAhead: 2 });
    tracker.handleEvent(event("continuity"), true);
    expect(tracker.handleEvent(event("readyForContinue"), true)).toBe("current");
  });
});

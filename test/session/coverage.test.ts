import { describe, expect, test } from "vitest";
import { CoverageTracker } from "../../src/session/coverage.js";
import { startScriptedServer } from "../support/scripted-server.js";
import { idOf, sendSessionEvent, startRun } from "./parallel-rig.js";
import { newClient, startSession, takeAll, until } from "./session-rig.js";

function tracked(...slots: bigint[]): CoverageTracker {
  const tracker = new CoverageTracker({ startSlot: 100n, endSlot: 103n });
  for (const slot of slots) tracker.observeSlot(slot);
  return tracker;
}

describe("coverage", () => {
  test("coverage is empty before the first slot", () => {
    expect(tracked().coverage).toEqual({ completed: false });
    expect(tracked().progress).toEqual({ done: 0n, total: 4n });
  });

  test("coverage contains the highest slot, in whatever order the slots arrive", () => {
    expect(tracked(100n, 102n, 101n).coverage).toEqual({ completed: false, highestSlot: 102n });
    expect(tracked(100n, 102n, 101n).progress).toEqual({ done: 3n, total: 4n });
  });

  test("coverage is complete after the event `completed`, even if the last slots have no block", () => {
    const tracker = tracked(101n);
    tracker.markCompleted();
    expect(tracker.coverage).toEqual({ completed: true, highestSlot: 101n });
    expect(tracker.progress).toEqual({ done: 4n, total: 4n });
  });

  test("coverage reports a slot beyond the range as `beyondRange`", () => {
    expect(tracked(105n).coverage).toEqual({ completed: false, highestSlot: 105n, beyondRange: 105n });
    expect(tracked(105n).progress).toEqual({ done: 4n, total: 4n });
    expect(tracked(103n).coverage).not.toHaveProperty("beyondRange");
  });

  test("coverage counts no progress for a slot before the range", () => {
    expect(tracked(50n).progress).toEqual({ done: 0n, total: 4n });
  });
});

describe("the coverage of a session", () => {
  test("the coverage of a session reports a slot beyond the range, and the session does not fail", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    expect(session.coverage()).toEqual({ completed: false });
    control.respond(3, "slotNotification", 100);
    control.respond(4, "slotNotification", 104);
    await until(() => session.progress.done === 4n, "both slots");
    expect(session.coverage()).toEqual({ completed: false, highestSlot: 104n, beyondRange: 104n });
    control.respond(5, "completed", {});
    await takeAll(session);
    expect(session.coverage()).toMatchObject({ completed: true });
    expect(await session.closed).toEqual({ reason: "completed" });
  });

  test("the progress of a parallel run is the sum of the progress of its sub-sessions", async () => {
    const server = await startScriptedServer();
    const { run, control } = await startRun(server, newClient(server), 3);
    expect(run.progress).toEqual({ done: 0n, total: 30n });
    sendSessionEvent(control, 0, 2, "slotNotification", 104);
    sendSessionEvent(control, 2, 2, "slotNotification", 120);
    await until(() => run.progress.done === 6n, "both slots");
    sendSessionEvent(control, 1, 2, "completed", {});
    await until(() => run.progress.done === 16n, "a part that is done");
    expect(run.subSessions[1]?.coverage()).toEqual({ completed: true });
    expect(run.subSessions[1]?.info.sessionId).toBe(idOf(1));
  });
});

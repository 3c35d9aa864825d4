import { describe, expect, test } from "vitest";
import { FlowControl } from "../../../src/session/events/flow-control.js";

class Connection {
  isPaused = false;
  calls = 0;
  pauseIntake(): void {
    this.isPaused = true;
    this.calls++;
  }
  resumeIntake(): void {
    this.isPaused = false;
    this.calls++;
  }
}

function setUp(limits: { events?: number; bytes?: number } = {}) {
  const flow = new FlowControl({ events: 8, bytes: 1_000_000, ...limits });
  return { flow, control: new Connection(), diffs: new Connection() };
}

const times = (count: number, act: () => void): void => {
  for (let i = 0; i < count; i++) act();
};

describe("flow control", () => {
  test("flow control pauses subscriptions at the limit, and resumes them when the buffer has drained to a quarter of the limit", () => {
    const { flow, control, diffs } = setUp();
    times(7, () => flow.addNotification(1));
    flow.check(control, [diffs]);
    expect(diffs.isPaused).toBe(false);
    flow.addNotification(1);
    flow.check(control, [diffs]);
    expect(diffs.isPaused).toBe(true);
    times(5, () => flow.removeNotification(1));
    flow.check(control, [diffs]);
    expect(diffs.isPaused).toBe(true);
    flow.removeNotification(1);
    flow.check(control, [diffs]);
    expect(diffs.isPaused).toBe(false);
    expect(control.calls).toBe(0);
  });

  test("flow control also pauses subscriptions at the limit of bytes, even if there are few events", () => {
    const { flow, control, diffs } = setUp({ bytes: 10_000 });
    flow.addNotification(9_990);
    flow.check(control, [diffs]);
    expect(diffs.isPaused).toBe(true);
    flow.removeNotification(9_990);
    flow.addControl(9_990);
    flow.check(control, [diffs]);
    expect([control.isPaused, diffs.isPaused]).toEqual([true, true]);
    flow.removeControl(9_990);
    flow.check(control, [diffs]);
    expect([control.isPaused, diffs.isPaused, flow.bytes]).toEqual([false, false, 0]);
  });

  test("flow control pauses the control connection only if buffered control events reach the limit", () => {
    const { flow, control, diffs } = setUp();
    times(8, () => flow.addNotification(1));
    flow.check(control, [diffs]);
    expect([control.isPaused, diffs.isPaused]).toEqual([false, true]);
    times(8, () => flow.addControl(1));
    flow.check(control, [diffs]);
    expect([control.isPaused, diffs.isPaused]).toEqual([true, true]);
  });

  test("flow control pauses the subscriptions when control events and notifications together reach the limit", () => {
    const { flow, control, diffs } = setUp();
    times(7, () => flow.addControl(1));
    flow.addNotification(1);
    flow.check(control, [diffs]);
    expect([control.isPaused, diffs.isPaused]).toEqual([false, true]);
  });

  test("flow control pauses a new subscription if the buffer limit has already been reached", () => {
    const { flow, control, diffs } = setUp();
    const late = new Connection();
    times(8, () => flow.addNotification(1));
    flow.check(control, [diffs]);
    flow.check(control, [diffs, late]);
    expect(late.isPaused).toBe(true);
    times(8, () => flow.removeNotification(1));
    flow.check(control, [diffs, late]);
    expect([diffs.isPaused, late.isPaused]).toEqual([false, false]);
  });

  test("check() of flow control pauses only the connections that are passed to it", () => {
    const { flow, control } = setUp();
    times(8, () => flow.addControl(1));
    flow.check(undefined, []);
    expect(control.calls).toBe(0);
    flow.check(control, []);
    expect(control.isPaused).toBe(true);
  });

  test("flow control pauses a subscription again if the buffer fills up while the subscription resumes", () => {
    const { flow, diffs } = setUp();
    times(8, () => flow.addNotification(1));
    flow.check(undefined, [diffs]);
    times(7, () => flow.removeNotification(1));
    diffs.resumeIntake = () => {
      diffs.isPaused = false;
      times(8, () => flow.addNotification(1));
      flow.check(undefined, [diffs]);
    };
    flow.check(undefined, [diffs]);
    expect(diffs.isPaused).toBe(true);
  });

  test("flow control pauses and resumes nothing while the limits are not reached", () => {
    const { flow, control, diffs } = setUp();
    for (let i = 0; i < 7; i++) {
      flow.addControl(1);
      flow.check(control, [diffs]);
    }
    times(7, () => flow.removeControl(1));
    flow.check(control, [diffs]);
    expect([control.calls, diffs.calls]).toEqual([0, 0]);
  });
});

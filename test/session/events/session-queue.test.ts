import { describe, expect, test } from "vitest";
import { FlowControl } from "../../../src/session/events/flow-control.js";
import { SessionQueue } from "../../../src/session/events/session-queue.js";
import { control, notification, stream } from "./buffered-events.js";

function setUp(deliveredSequence?: bigint) {
  const flowControl = new FlowControl({ events: 100, bytes: 100_000 });
  return { flowControl, queue: new SessionQueue(flowControl, deliveredSequence) };
}

describe("the queue of a session", () => {
  test("the queue of a session returns control events before notifications, and `completed` last", () => {
    const { queue } = setUp();
    const diffs = stream();
    const [a, b, slot] = [notification(diffs, 1n, "a"), notification(diffs, 1n, "b"), control(5n, 1n)];
    queue.pushNotification(a);
    queue.pushNotification(b);
    queue.pushLast({ type: "completed" }, 2n);
    queue.pushControl(slot);
    expect(queue.length).toBe(4);
    expect(Array.from({ length: 5 }, () => queue.shift())).toEqual([
      slot.event,
      a.event,
      b.event,
      { type: "completed" },
      undefined,
    ]);
    expect(queue.length).toBe(0);
  });

  test("the queue of a session records the position of the delivered events, not of the received events", () => {
    const { queue } = setUp(3n);
    const diffs = stream();
    queue.pushControl(control(5n, 4n));
    queue.pushControl(control(6n));
    queue.pushNotification(notification(diffs, 7n, "a"));
    queue.pushNotification(notification(diffs, 7n, "b"));
    expect([queue.deliveredSequence, diffs.delivered.state]).toEqual([3n, undefined]);
    queue.shift();
    expect(queue.deliveredSequence).toBe(4n);
    queue.shift();
    // The second event has no sequence id, so `deliveredSequence` stays the same.
    expect(queue.deliveredSequence).toBe(4n);
    queue.shift();
    expect(diffs.delivered.state).toEqual({ slot: 7n, keys: ["a"] });
    queue.shift();
    expect(diffs.delivered.state).toEqual({ slot: 7n, keys: ["a", "b"] });
    queue.pushLast({ type: "completed" }, 9n);
    queue.shift();
    expect(queue.deliveredSequence).toBe(9n);
  });

  test("SessionQueue.extract() removes the events of one subscription, and keeps the order of the removed and the remaining events", () => {
    const { queue, flowControl } = setUp();
    const one = stream();
    const two = { ...stream(), subscriptionId: "transaction-1" };
    for (const [of, key] of [
      [one, "a"],
      [two, "b"],
      [one, "c"],
      [two, "d"],
    ] as const) {
      queue.pushNotification(notification(of, 1n, key));
    }
    expect(queue.extract("transaction-1").map(({ key }) => key)).toEqual(["b", "d"]);
    expect(flowControl.events).toBe(2);
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([
      notification(one, 1n, "a").event,
      notification(one, 1n, "c").event,
      undefined,
    ]);
    expect([flowControl.events, flowControl.bytes]).toEqual([0, 0]);
  });

  test("clear() empties the queue of a session, and sets the counts of buffered events and bytes to zero", () => {
    const { queue, flowControl } = setUp();
    queue.pushControl(control(5n, 4n));
    queue.pushNotification(notification(stream(), 1n, "a"));
    queue.pushLast({ type: "completed" }, 5n);
    queue.clear();
    expect([queue.length, queue.shift(), queue.deliveredSequence]).toEqual([0, undefined, undefined]);
    expect([flowControl.events, flowControl.bytes]).toEqual([0, 0]);
  });
});

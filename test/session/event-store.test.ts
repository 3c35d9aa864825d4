import { describe, expect, test } from "vitest";
import { EventStore } from "../../src/session/event-store.js";
import { control, notification, stream } from "./held.js";

describe("an event store", () => {
  test("gives control events ahead of any backlog of notifications, completed behind all", () => {
    const store = new EventStore();
    const diffs = stream();
    const [a, b, slot] = [notification(diffs, 1n, "a"), notification(diffs, 1n, "b"), control(5n, 1n)];
    store.push(a);
    store.push(b);
    store.pushLast({ type: "completed" }, 2n);
    store.push(slot);
    expect([store.length, store.controlLength, store.notificationLength]).toEqual([4, 1, 2]);
    expect([store.take(), store.take(), store.take(), store.take(), store.take()]).toEqual([
      slot.event,
      a.event,
      b.event,
      { type: "completed" },
      undefined,
    ]);
    expect(store.length).toBe(0);
  });

  test("knows what was taken, not what came", () => {
    const store = new EventStore(3n);
    const diffs = stream();
    store.push(control(5n, 4n));
    store.push(control(6n));
    store.push(notification(diffs, 7n, "a"));
    store.push(notification(diffs, 7n, "b"));
    expect([store.deliveredSequence, diffs.delivered.state]).toEqual([3n, undefined]);
    store.take();
    expect(store.deliveredSequence).toBe(4n);
    store.take();
    // An event without a sequence id (the channel's own) moves nothing.
    expect(store.deliveredSequence).toBe(4n);
    store.take();
    expect(diffs.delivered.state).toEqual({ slot: 7n, keys: ["a"] });
    store.take();
    expect(diffs.delivered.state).toEqual({ slot: 7n, keys: ["a", "b"] });
    store.pushLast({ type: "completed" }, 9n);
    store.take();
    expect(store.deliveredSequence).toBe(9n);
  });

  test("what never had to wait is noted as well", () => {
    const store = new EventStore();
    const diffs = stream();
    const held = notification(diffs, 7n, "a");
    expect(store.deliver(held)).toBe(held.event);
    expect(diffs.delivered.state).toEqual({ slot: 7n, keys: ["a"] });
  });

  test("cleared, it holds nothing", () => {
    const store = new EventStore();
    store.push(control(5n, 4n));
    store.pushLast({ type: "completed" }, 5n);
    store.clear();
    expect([store.length, store.take(), store.deliveredSequence]).toEqual([0, undefined, undefined]);
  });
});

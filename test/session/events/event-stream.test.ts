import { describe, expect, test } from "vitest";
import type { ManagedEvent } from "../../../src/channels/managed-events.js";
import { SimulatorError } from "../../../src/protocol/simulator-error.js";
import { brief, rejection, takeAll } from "../session-rig.js";
import { diffEvent, SUBSCRIPTION_ID, sessionEvents, stream } from "./buffered-events.js";

const over = new SimulatorError("controlClosed", "the session has ended");
const failed = new SimulatorError("remote", "it went wrong");

describe("a stream without a consumer", () => {
  test("if a stream has no consumer, the stream buffers its events and emits none", async () => {
    const { events, emitted, arrive } = sessionEvents();
    arrive(1n);
    await Promise.resolve();
    expect(emitted).toEqual([]);
    expect(events.length).toBe(1);
  });
});

describe("a flow to listeners", () => {
  test("the delivery to listeners starts in the microtask after startFlow()", async () => {
    const { events, flow, emitted, arrive } = sessionEvents();
    arrive(1n);
    flow.startFlow();
    arrive(2n);
    expect(emitted).toEqual([]);
    await Promise.resolve();
    expect(emitted).toEqual(["slot 1", "slot 2"]);
    arrive(3n);
    expect(emitted).toEqual(["slot 1", "slot 2", "slot 3"]);
    expect(events.length).toBe(0);
  });

  test("during an iteration, listeners receive an event only when the iterator requests the event", async () => {
    for (const iteratesFirst of [true, false]) {
      const { flow, emitted, arrive } = sessionEvents();
      if (iteratesFirst) void flow.next();
      flow.startFlow();
      if (!iteratesFirst) void flow.next();
      arrive(1n);
      arrive(2n);
      await Promise.resolve();
      expect(emitted).toEqual(["slot 1"]);
    }
  });

  test("after a listener calls EventStream.next(), listeners receive only the events that next() returns", async () => {
    const requests: Promise<ManagedEvent>[] = [];
    const { events, flow, emitted, arrive } = sessionEvents(undefined, (event) => {
      if (brief(event) === "slot 1") requests.push(flow.next());
    });
    for (const slot of [1n, 2n, 3n]) arrive(slot);
    flow.startFlow();
    await Promise.resolve();
    expect(emitted).toEqual(["slot 1", "slot 2"]);
    expect(brief(await requests[0]!)).toBe("slot 2");
    expect(events.length).toBe(1);
  });

  test("listeners receive events in the order of their arrival, and `completed` as the last event", async () => {
    const { events, flow, emitted, arrive } = sessionEvents();
    flow.startFlow();
    await Promise.resolve();
    const diffs = stream();
    const subscription = events.openSubscription(SUBSCRIPTION_ID, () => {});
    subscription.handleNotification(diffEvent(1n, "a"), diffs, 1n, "a", 10);
    arrive(1n, 4n);
    events.complete({ type: "completed" }, 5n, { over });
    expect(emitted).toEqual(["diff a", "slot 1", "completed"]);
    expect(events.deliveredSequence).toBe(5n);
    expect(diffs.delivered.slot).toBe(1n);
  });
});

describe("next()", () => {
  test("EventStream.next() resolves when the next event arrives", async () => {
    const { flow, emitted, arrive } = sessionEvents();
    const waiting = flow.next();
    arrive(1n);
    arrive(2n);
    expect(brief(await waiting)).toBe("slot 1");
    expect(emitted).toEqual(["slot 1"]);
  });

  test("EventStream.next() also emits the returned event to the listeners", async () => {
    const { flow, emitted, arrive } = sessionEvents();
    arrive(1n);
    arrive(2n);
    await flow.next();
    expect(emitted).toEqual(["slot 1"]);
  });

  test("EventStream.next() rejects with `cancelled` when its signal is aborted, without losing an event", async () => {
    const { flow, arrive } = sessionEvents();
    const controller = new AbortController();
    const waiting = flow.next(controller.signal);
    controller.abort();
    expect(await rejection(waiting)).toMatchObject({ code: "cancelled", message: "waiting for an event was cancelled" });
    expect(await rejection(flow.next(AbortSignal.abort()))).toMatchObject({ code: "cancelled" });
    arrive(1n);
    expect(brief(await flow.next())).toBe("slot 1");
  });

  test("EventStream.next(signal) resolves with an event even if a listener aborts the signal while handling the event", async () => {
    const controller = new AbortController();
    const { flow, arrive } = sessionEvents(undefined, () => controller.abort());
    const waiting = flow.next(controller.signal);
    arrive(1n);
    expect(brief(await waiting)).toBe("slot 1");
  });

  test("EventStream.next() returns all received events, then rejects with the reason why the stream ended", async () => {
    for (const end of [{ over }, { failed }]) {
      const { events, flow, arrive } = sessionEvents();
      arrive(1n);
      events.finish(end);
      arrive(2n);
      expect(brief(await flow.next())).toBe("slot 1");
      expect(await rejection(flow.next())).toBe(end.over ?? end.failed);
      expect(await rejection(flow.next())).toBe(end.over ?? end.failed);
    }
  });

  test("a pending call of EventStream.next() rejects when the stream ends", async () => {
    const { events, flow } = sessionEvents();
    const waiting = flow.next();
    events.finish({ failed });
    expect(await rejection(waiting)).toBe(failed);
  });

  test("EventStream.next() does not return events that were dropped with clear()", async () => {
    const { events, flow, arrive } = sessionEvents();
    arrive(1n);
    events.finish({ over });
    events.clear();
    expect(await rejection(flow.next())).toBe(over);
    expect([events.length, events.flowControl.bytes]).toEqual([0, 0]);
  });

  test("EventStream.next() rejects with the first reason if a stream is ended several times", async () => {
    const { events, flow } = sessionEvents();
    events.finish({ failed });
    events.finish({ over });
    expect(await rejection(flow.next())).toBe(failed);
  });
});

describe("an iterator", () => {
  test("an iterator ends with the stream, after all received events", async () => {
    const { events, flow, arrive } = sessionEvents();
    arrive(1n);
    events.complete({ type: "completed" }, undefined, { over });
    expect((await takeAll(flow.iterate())).map(brief)).toEqual(["slot 1", "completed"]);
    expect(await takeAll(flow.iterate())).toEqual([]);
  });

  test("an iterator throws the error of the stream once, after all received events", async () => {
    const { events, flow, arrive } = sessionEvents();
    arrive(1n);
    events.finish({ failed });
    const iterator = flow.iterate();
    expect(await iterator.next()).toMatchObject({ done: false });
    expect(await rejection(iterator.next())).toBe(failed);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("an iterator throws `cancelled` and loses no event when its signal is aborted", async () => {
    const { flow, arrive } = sessionEvents();
    const controller = new AbortController();
    const waiting = flow.iterate(controller.signal).next();
    controller.abort();
    expect(await rejection(waiting)).toMatchObject({ code: "cancelled" });
    arrive(1n);
    expect(brief(await flow.next())).toBe("slot 1");
  });

  test("when a loop over events ends, the next loop starts with the next event", async () => {
    const { flow, arrive } = sessionEvents();
    arrive(1n);
    arrive(2n);
    for await (const event of flow.iterate()) {
      expect(brief(event)).toBe("slot 1");
      break;
    }
    for await (const event of flow.iterate()) {
      expect(brief(event)).toBe("slot 2");
      break;
    }
  });

  test("an iterator loses no event if a call of next() is pending when the loop exits", async () => {
    const { flow, arrive } = sessionEvents();
    const iterator = flow.iterate();
    const waiting = iterator.next();
    await iterator.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    arrive(1n);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(brief(await flow.next())).toBe("slot 1");
  });

  test("an iterator resolves several pending calls of next() in order", async () => {
    const { flow, arrive } = sessionEvents();
    const iterator = flow.iterate();
    const both = [iterator.next(), iterator.next()];
    arrive(1n);
    arrive(2n);
    expect((await Promise.all(both)).map(({ value }) => brief(value))).toEqual(["slot 1", "slot 2"]);
  });
});

describe("a second consumer", () => {
  test("a second consumer is refused with consumerBusy during an iteration, and receives no event", async () => {
    const { flow, arrive } = sessionEvents();
    const first = flow.iterate();
    arrive(1n);
    await first.next();
    arrive(2n);
    const second = flow.iterate();
    expect(await rejection(second.next())).toMatchObject({ code: "consumerBusy" });
    expect(await rejection(flow.next())).toMatchObject({ code: "consumerBusy" });
    expect(brief((await first.next()).value)).toBe("slot 2");
    await first.return();
    arrive(3n);
    expect(brief((await second.next()).value)).toBe("slot 3");
  });

  test("a second consumer is refused while a call of next() on the stream is pending", async () => {
    const { flow, arrive } = sessionEvents();
    const waiting = flow.next();
    expect(await rejection(flow.next())).toMatchObject({ code: "consumerBusy" });
    expect(await rejection(flow.iterate().next())).toMatchObject({ code: "consumerBusy" });
    arrive(1n);
    expect(brief(await waiting)).toBe("slot 1");
    arrive(2n);
    expect(brief(await flow.next())).toBe("slot 2");
  });

  test("a second consumer can iterate when the first iteration has ended, failed or been cancelled", async () => {
    const { events, flow, arrive } = sessionEvents();
    const stop = new AbortController();
    const cancelled = flow.iterate(stop.signal);
    const waiting = cancelled.next();
    stop.abort();
    expect(await rejection(waiting)).toMatchObject({ code: "cancelled" });
    arrive(1n);
    events.finish({ failed });
    expect(await rejection(takeAll(flow.iterate()))).toBe(failed);
    expect(await rejection(takeAll(flow.iterate()))).toBe(failed);
  });

  test("a second consumer can iterate as soon as the signal of the first iteration is aborted", async () => {
    const { flow, arrive } = sessionEvents();
    const stop = new AbortController();
    const first = flow.iterate(stop.signal);
    arrive(1n);
    await first.next();
    stop.abort();
    arrive(2n);
    expect(brief(await flow.next())).toBe("slot 2");
    expect(await rejection(first.next())).toMatchObject({ code: "cancelled" });
    expect(await first.next()).toEqual({ done: true, value: undefined });
  });

  test("an event iterator that was never read does not block a second consumer", async () => {
    const { flow, arrive } = sessionEvents();
    flow.iterate();
    arrive(1n);
    expect(brief(await flow.next())).toBe("slot 1");
  });
});

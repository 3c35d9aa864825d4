import { describe, expect, test } from "vitest";
import type { ManagedEvent } from "../../src/channels/managed-events.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";
import { EventFlow } from "../../src/session/event-flow.js";
import { control, notification, stream } from "./held.js";
import { brief, rejection, takeAll } from "./session-rig.js";

function setUp(emitToo: (event: ManagedEvent) => void = () => {}) {
  const emitted: string[] = [];
  let taken = 0;
  const flow = new EventFlow({
    emit: (event) => {
      emitted.push(brief(event));
      emitToo(event);
    },
    handleTaken: () => {
      taken++;
    },
  });
  return { flow, emitted, taken: () => taken };
}

const over = new SimulatorError("controlClosed", "the session is over");
const failed = new SimulatorError("remote", "it went wrong");

describe("events that nobody takes", () => {
  test("are held, and nobody is told", async () => {
    const { flow, emitted } = setUp();
    flow.arrive(control(1n));
    await Promise.resolve();
    expect(emitted).toEqual([]);
    expect(flow.store.length).toBe(1);
  });
});

describe("a flow to listeners", () => {
  test("starts on the next microtask, so that all listeners of one go are there", async () => {
    const { flow, emitted } = setUp();
    flow.arrive(control(1n));
    flow.startFlow();
    flow.arrive(control(2n));
    expect(emitted).toEqual([]);
    await Promise.resolve();
    expect(emitted).toEqual(["slot 1", "slot 2"]);
    flow.arrive(control(3n));
    expect(emitted).toEqual(["slot 1", "slot 2", "slot 3"]);
    expect(flow.store.length).toBe(0);
  });

  test("is not started by a listener once events are pulled, before or within the same go", async () => {
    for (const pullFirst of [true, false]) {
      const { flow, emitted } = setUp();
      if (pullFirst) void flow.next();
      flow.startFlow();
      if (!pullFirst) void flow.next();
      flow.arrive(control(1n));
      flow.arrive(control(2n));
      await Promise.resolve();
      expect(emitted).toEqual(["slot 1"]);
    }
  });

  test("ends where a listener asks for the next event itself", async () => {
    const asked: Promise<ManagedEvent>[] = [];
    const { flow, emitted } = setUp((event) => {
      if (brief(event) === "slot 1") asked.push(flow.next());
    });
    for (const slot of [1n, 2n, 3n]) flow.arrive(control(slot));
    flow.startFlow();
    await Promise.resolve();
    expect(emitted).toEqual(["slot 1", "slot 2"]);
    expect(brief(await asked[0]!)).toBe("slot 2");
    expect(flow.store.length).toBe(1);
  });

  test("passes events on in the order they came in, and completed last", async () => {
    const { flow, emitted } = setUp();
    flow.startFlow();
    await Promise.resolve();
    const diffs = stream();
    flow.arrive(notification(diffs, 1n, "a"));
    flow.arrive(control(1n, 4n));
    flow.arriveLast({ type: "completed" }, 5n, over);
    expect(emitted).toEqual(["diff a", "slot 1", "completed"]);
    expect(flow.store.deliveredSequence).toBe(5n);
    expect(diffs.delivered.slot).toBe(1n);
  });
});

describe("next", () => {
  test("waits, and those who wait are served in turn", async () => {
    const { flow, emitted } = setUp();
    const [first, second] = [flow.next(), flow.next()];
    flow.arrive(control(1n));
    flow.arrive(control(2n));
    expect([brief(await first), brief(await second)]).toEqual(["slot 1", "slot 2"]);
    expect(emitted).toEqual(["slot 1", "slot 2"]);
  });

  test("tells listeners of each event as it is taken", async () => {
    const { flow, emitted, taken } = setUp();
    flow.arrive(control(1n));
    flow.arrive(control(2n));
    await flow.next();
    expect(emitted).toEqual(["slot 1"]);
    expect(taken()).toBe(1);
  });

  test("is cancelled by its signal, and loses nothing by it", async () => {
    const { flow } = setUp();
    const controller = new AbortController();
    const waiting = flow.next(controller.signal);
    controller.abort();
    expect(await rejection(waiting)).toMatchObject({ code: "cancelled", message: "waiting for an event was cancelled" });
    expect(await rejection(flow.next(AbortSignal.abort()))).toMatchObject({ code: "cancelled" });
    flow.arrive(control(1n));
    expect(brief(await flow.next())).toBe("slot 1");
  });

  test("keeps its event even if a listener fires its signal over it", async () => {
    const controller = new AbortController();
    const { flow } = setUp(() => controller.abort());
    const waiting = flow.next(controller.signal);
    flow.arrive(control(1n));
    expect(brief(await waiting)).toBe("slot 1");
  });

  test("gives all that was received, then the reason of the end", async () => {
    for (const end of [{ over }, { failed }]) {
      const { flow } = setUp();
      flow.arrive(control(1n));
      flow.finish(end);
      flow.arrive(control(2n));
      expect(brief(await flow.next())).toBe("slot 1");
      expect(await rejection(flow.next())).toBe(end.over ?? end.failed);
      expect(await rejection(flow.next())).toBe(end.over ?? end.failed);
    }
  });

  test("who waits is told of the end at once", async () => {
    const { flow } = setUp();
    const waiting = [flow.next(), flow.next()];
    flow.finish({ failed });
    for (const each of waiting) expect(await rejection(each)).toBe(failed);
  });

  test("what was discarded is not given any more", async () => {
    const { flow } = setUp();
    flow.arrive(control(1n));
    flow.finish({ over });
    flow.discard();
    expect(await rejection(flow.next())).toBe(over);
  });

  test("the first end is the one that is told", async () => {
    const { flow } = setUp();
    flow.finish({ failed });
    flow.finish({ over });
    expect(await rejection(flow.next())).toBe(failed);
  });
});

describe("an iterator", () => {
  test("ends when the stream is over, after what was received", async () => {
    const { flow } = setUp();
    flow.arrive(control(1n));
    flow.arriveLast({ type: "completed" }, undefined, over);
    expect((await takeAll(flow.iterate())).map(brief)).toEqual(["slot 1", "completed"]);
    expect(await takeAll(flow.iterate())).toEqual([]);
  });

  test("throws what the stream failed with, once, after what was received", async () => {
    const { flow } = setUp();
    flow.arrive(control(1n));
    flow.finish({ failed });
    const iterator = flow.iterate();
    expect(await iterator.next()).toMatchObject({ done: false });
    expect(await rejection(iterator.next())).toBe(failed);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("throws when its signal fires; the stream goes on", async () => {
    const { flow } = setUp();
    const controller = new AbortController();
    const waiting = flow.iterate(controller.signal).next();
    controller.abort();
    expect(await rejection(waiting)).toMatchObject({ code: "cancelled" });
    flow.arrive(control(1n));
    expect(brief(await flow.next())).toBe("slot 1");
  });

  test("left by break, it takes nothing more", async () => {
    const { flow } = setUp();
    flow.arrive(control(1n));
    flow.arrive(control(2n));
    for await (const event of flow.iterate()) {
      expect(brief(event)).toBe("slot 1");
      break;
    }
    expect(brief(await flow.next())).toBe("slot 2");
  });

  test("left while it waits, it spends no event on nobody", async () => {
    const { flow } = setUp();
    const iterator = flow.iterate();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    flow.arrive(control(1n));
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(brief(await flow.next())).toBe("slot 1");
  });

  test("serves several requests at once in their order", async () => {
    const { flow } = setUp();
    const iterator = flow.iterate();
    const both = [iterator.next(), iterator.next()];
    flow.arrive(control(1n));
    flow.arrive(control(2n));
    expect((await Promise.all(both)).map(({ value }) => brief(value))).toEqual(["slot 1", "slot 2"]);
  });
});

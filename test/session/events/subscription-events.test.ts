import { describe, expect, test } from "vitest";
import { SimulatorError } from "../../../src/protocol/simulator-error.js";
import { brief, rejection, takeAll } from "../session-rig.js";
import { diffEvent, sessionEvents, stream } from "./buffered-events.js";

const over = new SimulatorError("controlClosed", "the session has ended");

function setUp() {
  const session = sessionEvents();
  const open = (id: string) => {
    const heard: string[] = [];
    const of = { ...stream(), subscriptionId: id };
    const subscription = session.events.openSubscription(id, (event) => heard.push(brief(event)));
    const notify = (...keys: string[]): void => {
      for (const key of keys) subscription.handleNotification(diffEvent(1n, key, id), of, 1n, key, 10);
    };
    return { subscription, heard, notify, delivered: () => of.delivered.state?.keys ?? [] };
  };
  return { ...session, first: open("accountDiff-1"), second: open("accountDiff-2") };
}

const take = async (iterator: AsyncIterator<Parameters<typeof brief>[0]>, count: number): Promise<string[]> => {
  const taken: string[] = [];
  while (taken.length < count) taken.push(brief((await iterator.next()).value));
  return taken;
};

describe("the events of a subscription", () => {
  test("if a subscription has an iterator, the session's stream does not receive the subscription's events", async () => {
    const { flow, first, second } = setUp();
    first.notify("a", "b");
    second.notify("x");
    first.notify("c");
    const own = first.subscription.iterate();
    expect(await take(own, 1)).toEqual(["diff a"]);
    first.notify("d");
    expect(await take(flow.iterate(), 1)).toEqual(["diff x"]);
    expect(await take(own, 3)).toEqual(["diff b", "diff c", "diff d"]);
    expect([first.delivered(), second.delivered()]).toEqual([["a", "b", "c", "d"], ["x"]]);
  });

  test("if a subscription has a listener, the session's stream does not receive the subscription's events", async () => {
    const { emitted, flow, first, second } = setUp();
    flow.startFlow();
    await Promise.resolve();
    first.notify("a");
    first.subscription.startFlow();
    first.notify("b");
    await Promise.resolve();
    first.notify("c");
    second.notify("x");
    expect([emitted, first.heard]).toEqual([
      ["diff a", "diff x"],
      ["diff b", "diff c"],
    ]);
  });

  test("if a consumer exits a loop over a subscription, the next loop receives the remaining events", async () => {
    const { events, flow, first } = setUp();
    first.notify("a", "b");
    for await (const event of first.subscription.iterate()) {
      expect(brief(event)).toBe("diff a");
      break;
    }
    first.notify("c");
    expect(events.length).toBe(2);
    expect(flow.isReady).toBe(false);
    expect(await take(first.subscription.iterate(), 2)).toEqual(["diff b", "diff c"]);
  });

  test("after an iteration of a subscription has ended, a new listener receives the remaining events", async () => {
    const { first } = setUp();
    first.notify("a", "b");
    const own = first.subscription.iterate();
    await own.next();
    await own.return?.();
    first.subscription.startFlow();
    await Promise.resolve();
    first.notify("c");
    expect(first.heard).toEqual(["diff a", "diff b", "diff c"]);
  });

  test("the events of a subscription are buffered in the subscription after its last listener is removed", async () => {
    const { events, first } = setUp();
    first.subscription.startFlow();
    await Promise.resolve();
    first.notify("a");
    first.subscription.stopFlow();
    first.notify("b");
    expect([first.heard, events.length]).toEqual([["diff a"], 1]);
    first.subscription.startFlow();
    await Promise.resolve();
    expect(first.heard).toEqual(["diff a", "diff b"]);
  });

  test("after release(), the session's stream delivers the buffered and the later events of the subscription", async () => {
    const { flow, first } = setUp();
    first.notify("a", "b");
    const own = first.subscription.iterate();
    await own.next();
    first.subscription.release();
    first.notify("c");
    expect(await own.next()).toEqual({ done: true, value: undefined });
    expect(await take(flow.iterate(), 2)).toEqual(["diff b", "diff c"]);
  });

  test("a second iteration of a subscription is refused while another iteration is active", async () => {
    const { first } = setUp();
    first.notify("a");
    const own = first.subscription.iterate();
    await own.next();
    expect(await rejection(first.subscription.iterate().next())).toMatchObject({ code: "consumerBusy" });
    await own.return?.();
    first.notify("b");
    expect(await take(first.subscription.iterate(), 1)).toEqual(["diff b"]);
  });

  test("an iteration of an ended subscription returns the buffered events, and a later iteration returns none", async () => {
    const { first } = setUp();
    first.notify("a");
    first.subscription.finish({ over });
    first.notify("late");
    expect((await takeAll(first.subscription.iterate())).map(brief)).toEqual(["diff a"]);
    expect(await takeAll(first.subscription.iterate())).toEqual([]);
  });

  test("if a session fails, the iteration of a subscription throws the error after the buffered events", async () => {
    const { events, first } = setUp();
    const failed = new SimulatorError("remote", "it went wrong");
    first.notify("a");
    events.finish({ failed });
    const own = first.subscription.iterate();
    expect(await take(own, 1)).toEqual(["diff a"]);
    expect(await rejection(own.next())).toBe(failed);
  });

  test("the events of a subscription keep the order of notifications and connection events", async () => {
    const { flow, first } = setUp();
    first.notify("a");
    first.subscription.handleEvent(
      { type: "continuity", kind: "resumed", channel: "accountDiff", subscriptionId: "accountDiff-1" },
      0,
    );
    first.notify("b");
    expect(await take(flow.iterate(), 3)).toEqual(["diff a", "resumed accountDiff", "diff b"]);
  });

  test("buffered events of a subscription do not delay `completed` in the session's stream", async () => {
    const { events, flow, first } = setUp();
    first.notify("a", "b");
    const own = first.subscription.iterate();
    await own.next();
    events.complete({ type: "completed" }, undefined, { over });
    expect((await takeAll(flow.iterate())).map(brief)).toEqual(["completed"]);
    expect(events.isDelivered).toBe(false);
    await own.next();
    expect(events.isDelivered).toBe(true);
  });

  test("each event of a subscription is delivered exactly once, in whatever order the consumers start and end", async () => {
    const { events, flow, first, second } = setUp();
    const seen: string[] = [];
    let sent = 0;
    const session = flow.iterate();
    for (let round = 0; round < 40; round++) {
      for (const { notify } of [first, second]) notify(`${sent++}`, `${sent++}`);
      if (round % 5 === 1) {
        for await (const event of first.subscription.iterate()) {
          seen.push(brief(event));
          break;
        }
      }
      if (round % 7 === 3) first.subscription.release();
      if (round % 3 === 0) seen.push(...(await take(session, 1)));
    }
    first.subscription.release();
    while (flow.isReady) seen.push(...(await take(session, 1)));
    expect(events.length).toBe(0);
    expect(seen.toSorted()).toEqual(Array.from({ length: sent }, (_, key) => `diff ${key}`).toSorted());
  });
});

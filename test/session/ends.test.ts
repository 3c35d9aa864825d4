import { describe, expect, test, vi } from "vitest";
import type { ManagedEvent } from "../../src/channels/managed-events.js";
import { startLocalSimulator } from "../../src/local/index.js";
import { defaultPlatform } from "../../src/transport/default-platform.js";
import { FakePlatform } from "../support/fake-platform.js";
import { startScriptedServer } from "../support/scripted-server.js";
import {
  acceptDiffs,
  brief,
  CREATE,
  clockOf,
  diff,
  newClient,
  PROGRAM,
  rejection,
  settle,
  startSession,
  take,
  takeAll,
  takeUntil,
  turn,
  until,
} from "./session-rig.js";

const NOTIFICATION = "accountDiffNotification";

async function setUp(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const client = newClient(server, options);
  const standing = await startSession(server, client);
  await takeUntil(standing.session, "readyForContinue");
  return { server, client, ...standing };
}

async function setUpDrain(completionDrainMs: number, options: Parameters<typeof newClient>[1] = {}) {
  const standing = await setUp({ timeouts: { completionDrainMs }, ...options });
  const subscription = standing.session.subscribeAccountDiffs([PROGRAM]);
  const diffs = await acceptDiffs(standing.server);
  await subscription.ready;
  standing.control.respond(3, "completed", {});
  await until(() => standing.session.coverage().completed, "completed");
  return { ...standing, diffs, subscription };
}

describe("after completed", () => {
  test("after the event `completed`, the session is closed on the server only when all subscriptions have ended and all events are delivered", async () => {
    const { session, control, diffs } = await setUpDrain(5_000);
    diffs.notify(NOTIFICATION, 7, diff(100, "a"));
    diffs.complete(7);
    await settle();
    expect(session.connection).toEqual({ state: "up" });
    expect((await take(session, 1)).map(brief)).toEqual(["diff a"]);
    expect(control.received.join()).not.toContain("closeBacktestSession");
    expect((await take(session, 1)).map(brief)).toEqual(["completed"]);
    await control.expectClose();
    expect(await session.closed).toEqual({ reason: "completed" });
  });

  test("after the event `completed`, the subscriptions continue even if the server closes the control connection", async () => {
    const { server, session, control, diffs } = await setUpDrain(5_000);
    control.close(1000);
    const again = await server.control();
    await again.expect("attachBacktestSession");
    again.respond(undefined, "error", { sessionNotFound: { session_id: session.info.sessionId } });
    await until(() => session.connection.state === "closed", "the end of the control connection");
    await settle();
    expect(again.received.join()).not.toContain("closeBacktestSession");
    diffs.notify(NOTIFICATION, 7, diff(100, "a"));
    diffs.complete(7);
    expect((await takeAll(session)).map(brief)).toEqual(["diff a", "completed"]);
    expect(await session.closed).toEqual({ reason: "completed" });
  });

  test("after the event `completed`, the subscriptions continue even if the control connection cannot be resumed", async () => {
    const { server, session, control, diffs } = await setUpDrain(5_000);
    server.refuse("control", 503, 30);
    control.destroy();
    await until(() => session.connection.state === "failed", "the end of the control connection");
    diffs.complete(7);
    expect((await takeAll(session)).map(brief)).toEqual(["completed"]);
    expect(await session.closed).toEqual({ reason: "completed" });
  });

  test("if a subscription stalls after the event `completed`, the session delivers all received events and then fails", async () => {
    const { session, diffs } = await setUpDrain(150);
    diffs.notify(NOTIFICATION, 7, diff(100, "a"));
    expect((await take(session, 1)).map(brief)).toEqual(["diff a"]);
    const error = await rejection(session.nextEvent());
    expect(error).toMatchObject({ code: "subscriptionFailed", message: expect.stringMatching(/completed.*accountDiff.*150 ms/) });
    expect(await session.closed).toEqual({ reason: "failed", error });
    expect(await diffs.ended).toBe(1000);
  });

  test("after the event `completed`, a slow subscription does not make the session fail", async () => {
    const clock = new FakePlatform();
    const { session, diffs } = await setUpDrain(400, { platform: clockOf(clock) });
    for (let i = 0; i < 8; i++) {
      await clock.advance(390);
      diffs.notify(NOTIFICATION, 7, diff(100, `d${i}`));
      expect((await take(session, 1)).map(brief)).toEqual([`diff d${i}`]);
    }
    diffs.complete(7);
    expect((await takeAll(session)).map(brief)).toEqual(["completed"]);
    expect(await session.closed).toEqual({ reason: "completed" });
  });

  test("after the event `completed`, the session fails if a subscription receives only duplicates and no new events", async () => {
    const { server, session, diffs } = await setUpDrain(100);
    diffs.notify(NOTIFICATION, 7, diff(100, "a"), diff(101, "b"));
    await take(session, 2);
    diffs.destroy();
    const again = await acceptDiffs(server);
    let isOver = false;
    const replay = (async () => {
      while (!isOver) {
        if (again.isOpen) again.notify(NOTIFICATION, 7, diff(100, "a"));
        await turn();
      }
    })();
    expect(await session.closed).toMatchObject({ reason: "failed", error: { code: "subscriptionFailed" } });
    isOver = true;
    await replay;
  });

  test("after the event `completed`, the session does not fail while a subscription reconnects", async () => {
    const { server, session, diffs } = await setUpDrain(60);
    server.refuse("subscription", 503, 12);
    diffs.destroy();
    const again = await acceptDiffs(server);
    again.complete(7);
    expect((await takeAll(session)).map(brief)).toEqual(["resumed accountDiff", "completed"]);
    expect(server.refused).toHaveLength(12);
  });

  test("after the event `completed`, the session fails if a subscription cannot be reconnected", async () => {
    const { server, session, diffs } = await setUp({ reconnect: { maxAttempts: 2 } }).then(async (standing) => {
      standing.session.subscribeAccountDiffs([PROGRAM]);
      const diffs = await acceptDiffs(standing.server);
      standing.control.respond(3, "completed", {});
      await until(() => standing.session.coverage().completed, "completed");
      return { ...standing, diffs };
    });
    server.refuse("subscription", 503, 5);
    diffs.destroy();
    const error = await rejection(session.nextEvent());
    expect(error).toMatchObject({ code: "subscriptionFailed", message: expect.stringContaining("2 attempts") });
    expect(server.refused).toHaveLength(2);
  });

  test("after the event `completed`, shutdown() closes the session without waiting for open subscriptions", async () => {
    const { session, diffs } = await setUpDrain(60_000);
    await session.shutdown();
    expect(await session.closed).toEqual({ reason: "shutdown" });
    expect(await diffs.ended).toBe(1000);
    expect(await rejection(session.nextEvent())).toMatchObject({ code: "controlClosed" });
  });

  test("after the event `completed`, the session does not wait for a subscription that has been unsubscribed", async () => {
    const { session, subscription } = await setUpDrain(60_000);
    await subscription.unsubscribe();
    expect((await takeAll(session)).map(brief)).toEqual(["completed"]);
  });
});

describe("shutdown()", () => {
  test("shutdown() sends closeBacktestSession, then closes all connections", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    await session.shutdown();
    await control.expectClose();
    expect([await control.ended, await diffs.ended]).toEqual([1000, 1000]);
    expect(await session.closed).toEqual({ reason: "shutdown" });
    expect(session.connection).toEqual({ state: "closed" });
  });

  test("shutdown() ends the iterator and rejects nextEvent and a waiting continue request", async () => {
    const { session, control } = await setUp();
    const iterating = takeAll(session);
    control.destroy();
    await until(() => session.connection.state === "down", "the loss");
    const continuing = rejection(session.continue());
    await session.shutdown();
    expect(await iterating).toEqual([]);
    expect(await rejection(session.nextEvent())).toMatchObject({
      code: "controlClosed",
      message: expect.stringContaining("shutdown"),
    });
    expect(await continuing).toMatchObject({ code: "controlClosed" });
  });

  test("shutdown() can be called several times, also after the end of the session", async () => {
    const { session, control } = await setUp();
    await Promise.all([session.shutdown(), session.shutdown()]);
    await session.shutdown();
    expect(control.received.filter((text) => text.includes("closeBacktestSession"))).toHaveLength(1);
    const { session: completed, control: other } = await setUp();
    other.respond(3, "completed", {});
    await takeAll(completed);
    await other.expectClose();
    await completed.shutdown();
    expect(await completed.closed).toEqual({ reason: "completed" });
  });

  test("shutdown() resolves even if the server does not respond", async () => {
    const { server, session, control } = await setUp({ timeouts: { closeMs: 80 } });
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    control.goSilent();
    diffs.goSilent();
    const startedAt = performance.now();
    await session.shutdown();
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(75);
    // The client waits for `closeMs` (80 ms), not for the default of 5 s.
    expect(tookMs).toBeLessThan(4_000);
    control.destroy();
    diffs.destroy();
  });

  test("shutdown() resolves within 5 s if closeMs is 5 s and the server does not respond", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    try {
      const server = await startScriptedServer();
      const client = newClient(server, { timeouts: { closeMs: 5_000 } });
      const starting = client.startSession(CREATE);
      const control = await server.control();
      await control.expect("createBacktestSession");
      control.respond(1, "sessionCreated", { session_id: `backtest_${"0".repeat(32)}`, rpc_endpoint: "/x" });
      const session = await starting;
      await until(() => session.connection.state === "up", "the control connection");
      control.goSilent();
      const shutting = session.shutdown();
      await vi.advanceTimersByTimeAsync(5_000);
      await shutting;
      control.destroy();
    } finally {
      vi.useRealTimers();
    }
  });

  test("shutdown() works while the connection is lost, and during a reconnect attempt", async () => {
    const { session, control, server } = await setUp({ reconnect: { initialBackoffMs: 60_000 } });
    control.destroy();
    await until(() => session.connection.state === "down", "the loss");
    await session.shutdown();
    const other = await setUp();
    other.control.destroy();
    const next = await other.server.control();
    await next.expect("attachBacktestSession");
    await other.session.shutdown();
    await next.expectClose();
    expect(server.connections).toHaveLength(1);
  });

  test("frames that arrive during the close handshake of shutdown() are ignored", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    const shutting = session.shutdown();
    control.respond(3, "slotNotification", 100);
    control.respond(4, "completed", {});
    diffs.notify(NOTIFICATION, 7, diff(100, "a"));
    await shutting;
    expect(await session.closed).toEqual({ reason: "shutdown" });
    expect(session.diagnostics.queueLength).toBe(0);
  });

  test("a subscribe call after a shutdown is refused", async () => {
    const { session } = await setUp();
    await session.shutdown();
    expect(() => session.subscribeAccountDiffs([PROGRAM])).toThrow(expect.objectContaining({ code: "controlClosed" }));
  });

  test("a session is shut down at the end of an `await using` block", async () => {
    const { server, client } = await setUp();
    const starting = client.startSession(CREATE);
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(1, "sessionCreated", { session_id: `backtest_${"0".repeat(32)}`, rpc_endpoint: "/x" });
    {
      await using session = await starting;
      expect(session.info.sessionId).toBe(`backtest_${"0".repeat(32)}`);
    }
    await control.expectClose();
  });

  test("client.close() shuts down every session", async () => {
    const { server, client, session, control } = await setUp();
    const { session: other, control: otherControl } = await startSession(server, client);
    await client.close();
    await Promise.all([control.expectClose(), otherControl.expectClose()]);
    expect([await session.closed, await other.closed]).toEqual([{ reason: "shutdown" }, { reason: "shutdown" }]);
    await client.close();
  });
});

describe("a session that fails", () => {
  test("if a session fails, its consumer receives all buffered events and then the error", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    diffs.notify(NOTIFICATION, 7, diff(100, "a"), diff(101, "b"));
    control.respond(3, "slotNotification", 100);
    await until(() => session.diagnostics.queueLength === 3, "all that was sent");
    control.respond(4, "error", { finalizeSlotFailed: { slot: 101, error: "bank hash mismatch" } });
    await control.expectClose();
    const end = await session.closed;
    expect(end).toMatchObject({ reason: "failed", error: { code: "remote" } });
    const events = await take(session, 4);
    expect(events.map(brief)).toEqual(["slot 100", "error finalizeSlotFailed", "diff a", "diff b"]);
    expect(await rejection(session.nextEvent())).toBe(end.error);
    expect(await rejection(takeAll(session))).toBe(end.error);
    expect(await rejection(session.continue())).toBe(end.error);
    expect(() => session.subscribeAccountDiffs([PROGRAM])).toThrow(end.error);
  });

  test("a session that fails rejects a waiting continue request at once, even if events are buffered", async () => {
    const { session, control, server } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await server.subscription();
    await diffs.expect("accountDiffSubscribe");
    const continuing = rejection(session.continue());
    control.respond(3, "slotNotification", 100);
    control.respond(4, "error", { internal: { error: "x" } });
    expect(await continuing).toMatchObject({ code: "remote" });
    expect(session.diagnostics.queueLength).toBe(2);
  });

  test.each([
    ["noMoreBlocks", "noMoreBlocks"],
    ["bundleNotFound", { bundleNotFound: { start_slot: 1, end_slot: 2 } }],
    ["advanceSlotFailed", { advanceSlotFailed: { slot: 1, error: "x" } }],
    ["finalizeSlotFailed", { finalizeSlotFailed: { slot: 1, error: "x" } }],
    ["internal", { internal: { error: "x" } }],
    ["noProducedBlocksInRange", { noProducedBlocksInRange: { start_slot: 1, end_slot: 2 } }],
  ])("a session fails if the server reports %s", async (kind, wire) => {
    const { session, control } = await setUp();
    control.respond(3, "error", wire);
    expect((await take(session, 1)).map(brief)).toEqual([`error ${kind}`]);
    expect(await rejection(session.nextEvent())).toMatchObject({ code: "remote", remote: { kind } });
  });

  test("a non-terminal error of the server is delivered as an event, and does not end the session", async () => {
    const { session, control } = await setUp();
    control.respond(3, "error", { clerkError: { error: "x" } });
    control.respond(4, "error", "sessionOwnerMismatch");
    control.respond(5, "slotNotification", 100);
    expect((await takeUntil(session, "slot")).map(brief)).toEqual(["error clerkError", "error sessionOwnerMismatch", "slot 100"]);
  });

  test("a session fails with the reason of the loss if the control connection cannot be reconnected", async () => {
    const { server, session, control } = await setUp({ reconnect: { maxAttempts: 2 } });
    server.refuse("control", 503, 2);
    control.close(1012);
    const error = await rejection(session.nextEvent());
    expect(error).toMatchObject({ code: "controlFailed", message: expect.stringMatching(/2 attempts.*503/) });
    expect(await session.closed).toEqual({ reason: "failed", error });
  });

  test("if the key is refused on a reconnect, the reconnect is retried until the retry budget is spent, and then fails with the HTTP status", async () => {
    const { server, session, control } = await setUp({ reconnect: { maxAttempts: 3 } });
    server.refuse("control", 401, 10);
    control.destroy();
    const error = await rejection(session.nextEvent());
    expect(error).toMatchObject({ code: "controlFailed", status: 401, cause: { code: "unauthorized" } });
    expect(server.refused).toHaveLength(3);
  });

  test("a session that fails emits all received events to the listeners, then the event `close`", async () => {
    const { session, control } = await startSessionOnly();
    const emitted: string[] = [];
    const note = (event: ManagedEvent): void => void emitted.push(brief(event));
    session.on("readyForContinue", note).on("slot", note).on("error", note);
    session.on("close", ({ reason, error }) => emitted.push(`close ${reason} ${error?.code}`));
    control.respond(3, "slotNotification", 100);
    control.respond(4, "error", "noMoreBlocks");
    await session.closed;
    expect(emitted).toEqual(["readyForContinue", "slot 100", "error noMoreBlocks", "close failed remote"]);
  });

  async function startSessionOnly() {
    const server = await startScriptedServer();
    return startSession(server, newClient(server));
  }
});

describe("unsubscribe()", () => {
  test("unsubscribe() delivers received events, and the session continues", async () => {
    const { server, session, control } = await setUp();
    const subscription = session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    diffs.notify(NOTIFICATION, 7, diff(100, "a"));
    await until(() => session.diagnostics.queueLength === 1, "the diff");
    await subscription.unsubscribe();
    expect(await diffs.ended).toBe(1000);
    await subscription.unsubscribe();
    expect(subscription.connection).toEqual({ state: "closed" });
    control.respond(3, "completed", {});
    expect((await takeAll(session)).map(brief)).toEqual(["diff a", "completed"]);
  });

  test("unsubscribe() rejects the promise `ready` if the subscription is not up yet", async () => {
    const { server, session } = await setUp();
    const subscription = session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await server.subscription();
    await diffs.expect("accountDiffSubscribe");
    const [error] = await Promise.all([rejection(subscription.ready), subscription.unsubscribe()]);
    expect(error).toMatchObject({ code: "controlClosed" });
  });

  test("unsubscribe() ends a subscription that waits for its next connection attempt", async () => {
    const { server, session } = await setUp({ reconnect: { initialBackoffMs: 60_000 } });
    const subscription = session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    await subscription.ready;
    diffs.destroy();
    await until(() => subscription.connection.state === "down", "the loss");
    await subscription.unsubscribe();
    expect(subscription.connection).toEqual({ state: "closed" });
  });
});

describe("open resources of the process", () => {
  /** Returns the open sockets of this process, except those of the test itself. */
  const sockets = () =>
    process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap" || name === "TCPServerWrap").length;

  test("a session leaves no socket and no timer open, however it ends", async () => {
    const before = sockets();
    const timers = new Set<unknown>();
    const { setTimeout, clearTimeout } = defaultPlatform;
    const set = vi.spyOn(defaultPlatform, "setTimeout").mockImplementation((callback, ms) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        callback();
      }, ms);
      timers.add(timer);
      return timer;
    });
    const clear = vi.spyOn(defaultPlatform, "clearTimeout").mockImplementation((timer) => {
      timers.delete(timer);
      clearTimeout(timer);
    });
    try {
      const simulator = await startLocalSimulator({ startSlot: 100, slots: 20 });
      const [program] = simulator.programs as [string];
      const client = newClient(simulator);
      const start = async () => {
        const session = await client.startSession({ startSlot: 100, endSlot: 110 });
        session.subscribeTransactions([program]);
        return session;
      };
      const completed = await start();
      await takeAll(completed.run());
      await completed.closed;
      const shut = await start();
      await shut.continue({ advanceCount: 3 });
      await shut.shutdown();
      const lost = await start();
      await takeUntil(lost, "readyForContinue");
      simulator.faults.drop();
      await until(() => lost.connection.state === "down", "the loss");
      await lost.shutdown();
      simulator.faults.refuseUpgrade(401, 1);
      await rejection(client.startSession({ startSlot: 100, endSlot: 110 }));
      expect([...timers]).toEqual([]);
      await simulator.close();
      await until(() => sockets() <= before, "every socket closed");
    } finally {
      set.mockRestore();
      clear.mockRestore();
    }
  });
});

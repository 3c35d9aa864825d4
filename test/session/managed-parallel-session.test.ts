import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ManagedEvent } from "../../src/channels/managed-events.js";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { createLocalSimulator } from "../../src/local/index.js";
import { ManagedParallelSession, ParallelSubSession } from "../../src/session/managed-parallel-session.js";
import type { WebSocketLike } from "../../src/transport/websocket-like.js";
import { startScriptedServer } from "../support/scripted-server.js";
import { idOf, RUN_CREATE, rangeOf, reattachRun, sendSessionEvent, startRun } from "./parallel-rig.js";
import { acceptDiffs, brief, CREATED, diff, newClient, PROGRAM, rejection, settle, takeAll, until } from "./session-rig.js";

const NOTIFICATION = "accountDiffNotification";

async function setUp(count = 2, options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const client = newClient(server, options);
  const standing = await startRun(server, client, count);
  const [first, second] = standing.run.subSessions as [ParallelSubSession, ParallelSubSession];
  return { server, client, ...standing, first, second };
}

async function take(session: ParallelSubSession, count: number): Promise<string[]> {
  const events: ManagedEvent[] = [];
  while (events.length < count) events.push(await session.nextEvent());
  return events.map(brief);
}

describe("the buffer of a sub-session that is not read", () => {
  async function startLocalRun() {
    const sim = createLocalSimulator({ startSlot: 100, slots: 200, bundleSlots: 100 });
    const { url, WebSocket, fetch } = sim;
    const client = new BacktestClient({ url, WebSocket: WebSocket as WebSocketLike, fetch, maxBufferedEvents: 10 });
    onTestFinished(() => client.close());
    return client.startParallelSession({ startSlot: 100, slotCount: 200 });
  }

  test("maxBufferedEvents does not limit the control events of a sub-session", async () => {
    const run = await startLocalRun();
    const [first] = run.subSessions as [ParallelSubSession];
    await first.continue({ advanceCount: 40 });
    await until(() => first.progress.done === 40n, "the executed blocks");
    expect(first.diagnostics.queueLength).toBeGreaterThan(40);
  });

  test("during run({ step: 5 }), each sub-session buffers the control events of at most 5 blocks", async () => {
    const run = await startLocalRun();
    const events = run.run({ step: 5 });
    for (let count = 0; count < 60; count++) await events.next();
    await settle();
    for (const { progress, diagnostics } of run.subSessions) {
      expect(progress.done).toBeLessThan(40n);
      expect(diagnostics.queueLength).toBeLessThanOrEqual(15);
    }
  });
});

describe("a sub-session", () => {
  test("a sub-session has the same API as a session, over the shared connection", async () => {
    const { run, control, first, second } = await setUp();
    expect(run).toBeInstanceOf(ManagedParallelSession);
    expect(first).toBeInstanceOf(ParallelSubSession);
    expect(first.connection).toEqual({ state: "up" });
    expect(await take(first, 1)).toEqual(["readyForContinue"]);
    await first.continue({ advanceCount: 5, transactions: [new Uint8Array([1, 2])] });
    expect(await control.expect("continueSessionV1")).toEqual({
      sessionId: idOf(0),
      request: { advanceCount: 5, transactions: ["AQI="], modifyAccountStates: {} },
    });
    await first.continueTo({ slot: 104, batchIndex: 2 });
    expect(await control.expect("continueToSessionV1")).toEqual({
      sessionId: idOf(0),
      request: { slot: 104, batchIndex: 2 },
    });
    await second.continueTo({ slot: 112 });
    expect(await control.expect("continueToSessionV1")).toEqual({
      sessionId: idOf(1),
      request: { slot: 112, batchIndex: null },
    });
    // Both sub-sessions have a continue request in flight. Each sub-session refuses a second request.
    expect(await rejection(first.continue())).toMatchObject({ code: "continueInFlight" });
    sendSessionEvent(control, 0, 2, "paused", { slot: 104, batchIndex: 2 });
    expect(await take(first, 1)).toEqual(["paused 104/2"]);
    await first.continue();
    await control.expect("continueSessionV1");
    expect(await rejection(second.continue())).toMatchObject({ code: "continueInFlight" });
  });

  test("a sub-session has its own subscriptions and its own run(), and completes only after its streams have ended", async () => {
    const { server, run, control, first } = await setUp();
    first.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    expect(diffs.url).toBe(`/backtest/${idOf(0)}`);
    const events = takeAll(first.run({ step: 7 }));
    expect(await control.expect("continueSessionV1")).toMatchObject({ sessionId: idOf(0), request: { advanceCount: 7 } });
    diffs.notify(NOTIFICATION, 7, diff(100, "a"));
    sendSessionEvent(control, 0, 2, "slotNotification", 100);
    sendSessionEvent(control, 0, 3, "completed", {});
    await settle();
    // Events of the stream arrive even after `completed`.
    diffs.notify(NOTIFICATION, 7, diff(109, "b"));
    diffs.complete(7);
    const kinds = (await events).map(brief);
    expect(kinds.filter((kind) => kind.startsWith("diff"))).toEqual(["diff a", "diff b"]);
    expect(kinds.at(-1)).toBe("completed");
    expect(await first.closed).toEqual({ reason: "completed" });
    expect(first.coverage()).toEqual({ completed: true, highestSlot: 100n });
    expect(run.connection).toEqual({ state: "up" });
    expect(control.isOpen).toBe(true);
    expect(control.received.some((text) => text.includes("close"))).toBe(false);
  });

  test("a sub-session that is shut down is closed on the server, and the other sub-sessions continue", async () => {
    const { run, control, first, second } = await setUp();
    await first.shutdown();
    expect(await control.expect("closeSessionV1")).toEqual({ sessionId: idOf(0) });
    expect(await first.closed).toEqual({ reason: "shutdown" });
    expect(await rejection(first.nextEvent())).toMatchObject({ code: "controlClosed" });
    expect(await rejection(first.continue())).toMatchObject({ code: "controlClosed" });
    // A second shutdown of the same sub-session sends nothing.
    await first.shutdown();
    // Events of the closed sub-session are ignored.
    sendSessionEvent(control, 0, 2, "slotNotification", 100);
    sendSessionEvent(control, 1, 2, "slotNotification", 110);
    expect(await take(second, 2)).toEqual(["readyForContinue", "slot 110"]);
    await second[Symbol.asyncDispose]();
    expect(await control.expect("closeSessionV1")).toEqual({ sessionId: idOf(1) });
    await control.expectClose();
    expect(await run.closed).toEqual({ reason: "shutdown" });
  });

  test("if a sub-session is shut down while the connection is lost, the sub-session is closed after the reconnect", async () => {
    const { server, control, first, second } = await setUp();
    server.refuse("control", 503);
    control.destroy();
    await until(() => second.connection.state === "down", "the loss");
    await first.shutdown();
    const { control: again, lasts } = await reattachRun(server, 2);
    // The request also contains the last sequence id of the closed sub-session. Otherwise, the server would replay all events of
    // that sub-session.
    expect(lasts).toEqual({ [idOf(0)]: 1, [idOf(1)]: 1 });
    expect(await again.expect("closeSessionV1")).toEqual({ sessionId: idOf(0) });
    expect(await take(second, 2)).toEqual(["readyForContinue", "resumed control"]);
  });

  test("a sub-session ends after a terminal error, and the other sub-sessions continue", async () => {
    const { run, control, first, second } = await setUp();
    sendSessionEvent(control, 0, 2, "error", "noMoreBlocks");
    expect(await take(first, 2)).toEqual(["readyForContinue", "error noMoreBlocks"]);
    expect(await rejection(first.nextEvent())).toMatchObject({ code: "remote", remote: { kind: "noMoreBlocks" } });
    expect(await first.closed).toMatchObject({ reason: "failed", error: { code: "remote" } });
    sendSessionEvent(control, 1, 2, "slotNotification", 110);
    await second.continue();
    await control.expect("continueSessionV1");
    sendSessionEvent(control, 1, 3, "completed", {});
    expect(await take(second, 3)).toEqual(["readyForContinue", "slot 110", "completed"]);
    await control.expectClose();
    expect(await run.closed).toMatchObject({ reason: "failed", error: { code: "remote" } });
  });

  test("if a subscription of a sub-session is refused, only this sub-session fails, and the run stays on the server", async () => {
    const { server, control, run, first, second } = await setUp();
    const subscription = first.subscribeAccountDiffs([PROGRAM]);
    const diffs = await server.subscription();
    const { id } = await diffs.expect("accountDiffSubscribe");
    diffs.refuse(id, -32602, "no such program");
    expect(await rejection(subscription.ready)).toMatchObject({ code: "subscriptionFailed" });
    expect(await first.closed).toMatchObject({ reason: "failed", error: { code: "subscriptionFailed" } });
    await second.continue();
    expect(await control.expect("continueSessionV1")).toMatchObject({ sessionId: idOf(1) });
    sendSessionEvent(control, 1, 2, "completed", {});
    expect(await take(second, 2)).toEqual(["readyForContinue", "completed"]);
    expect(await run.closed).toMatchObject({ reason: "failed" });
    expect(control.received.join()).not.toMatch(/closeSessionV1|closeBacktestSession/);
  });

  test("a sub-session counts its own failed transactions, and does not deliver them as events", async () => {
    const { control, first, second } = await setUp();
    sendSessionEvent(control, 0, 2, "error", { simulationError: { error: "custom program error" } });
    sendSessionEvent(control, 0, 3, "slotNotification", 100);
    expect(await take(first, 2)).toEqual(["readyForContinue", "slot 100"]);
    expect([first, second].map(({ diagnostics }) => diagnostics.simulationErrors)).toEqual([1, 0]);
  });

  test("only the sub-session with the lost continue request reports `continueUncertain`", async () => {
    const { server, control, first, second } = await setUp(2);
    await first.continue({ transactions: ["AQI="] });
    await control.expect("continueSessionV1");
    control.destroy();
    await reattachRun(server, 2);
    expect(await take(first, 3)).toEqual(["readyForContinue", "resumed control", "continueUncertain"]);
    expect(await take(second, 2)).toEqual(["readyForContinue", "resumed control"]);
    expect(second.diagnostics.queueLength).toBe(0);
  });
});

describe("a sub-session without a consumer", () => {
  test("a sub-session without a consumer does not delay the events and streams of the other sub-sessions", async () => {
    const { server, control, first, second } = await setUp(2, { maxBufferedEvents: 5 });
    first.subscribeAccountDiffs([PROGRAM]);
    const stuck = await acceptDiffs(server, 7);
    second.subscribeAccountDiffs([PROGRAM]);
    const free = await acceptDiffs(server, 8);
    await first.continue();
    await control.expect("continueSessionV1");
    for (let index = 0; index < 50; index++) {
      sendSessionEvent(control, 0, 2 + index, "status", { status: "executingBlockTransactions" });
      stuck.notify(NOTIFICATION, 7, diff(100, `a${index}`));
    }
    for (let index = 0; index < 20; index++) {
      sendSessionEvent(control, 1, 2 + index, "slotNotification", 110 + index);
      free.notify(NOTIFICATION, 8, diff(110, `b${index}`));
    }
    const events = await take(second, 41);
    expect(events.filter((event) => event.startsWith("slot"))).toHaveLength(20);
    expect(events.filter((event) => event.startsWith("diff"))).toHaveLength(20);
    await second.continue();
    await control.expect("continueSessionV1");
    // The stream of `first` pauses at 5 buffered events. The shared control connection is never paused: all 51 control events arrive.
    expect(first.diagnostics.queueLength).toBeLessThanOrEqual(5 + 51);
    expect(control.isOpen).toBe(true);
  });
});

describe("a parallel run", () => {
  test("a parallel run adds up the progress of its sub-sessions", async () => {
    const { run, control, first } = await setUp(3);
    expect(run.progress).toEqual({ done: 0n, total: 30n });
    sendSessionEvent(control, 0, 2, "slotNotification", 104);
    sendSessionEvent(control, 1, 2, "slotNotification", 110);
    sendSessionEvent(control, 2, 2, "completed", {});
    await until(() => run.progress.done === 16n, "5 + 1 + 10 slots");
    expect(first.progress).toEqual({ done: 5n, total: 10n });
    // Slot 400 is beyond the range of this sub-session, so its progress is 10 of 10 slots.
    sendSessionEvent(control, 0, 3, "slotNotification", 400);
    await until(() => run.progress.done === 21n, "10 + 1 + 10 slots");
    expect(first.coverage()).toEqual({ completed: false, highestSlot: 400n, beyondRange: 400n });
  });

  test("a parallel run emits `connection` for each change of its shared connection, and `close` only once", async () => {
    const { server, run, control } = await setUp();
    const changes: string[] = [];
    const ends = vi.fn();
    run.on("connection", ({ channel, status }) => changes.push(`${channel} ${status.state}`));
    run.on("close", ends);
    control.destroy();
    const { control: again } = await reattachRun(server, 2);
    await until(() => changes.at(-1) === "control up", "it is back");
    expect(new Set(changes)).toEqual(new Set(["control down", "control up"]));
    await run.shutdown();
    await again.ended;
    expect(ends.mock.calls).toEqual([[{ reason: "shutdown" }]]);
    expect(run.connection).toEqual({ state: "closed" });
  });

  test("a parallel run that is shut down closes all sub-sessions, also on the server", async () => {
    const { server, run, control, first, second } = await setUp();
    for (const subSession of [first, second]) subSession.subscribeAccountDiffs([PROGRAM]);
    const streams = [await acceptDiffs(server), await acceptDiffs(server)];
    await run[Symbol.asyncDispose]();
    expect(await run.closed).toEqual({ reason: "shutdown" });
    for (const stream of streams) await stream.ended;
    const methods = control.received.map((text) => JSON.parse(text).method);
    expect(methods.slice(1)).toEqual(["closeSessionV1", "closeSessionV1", "closeBacktestSession"]);
    expect(await control.ended).toBe(1000);
    expect(server.connections.every(({ isOpen }) => !isOpen)).toBe(true);
  });

  test("a parallel run ends with the reason `shutdown` if one sub-session has completed and the other was shut down", async () => {
    const { run, control, first, second } = await setUp();
    sendSessionEvent(control, 0, 2, "completed", {});
    expect(await take(first, 2)).toEqual(["readyForContinue", "completed"]);
    expect(await first.closed).toEqual({ reason: "completed" });
    await second.shutdown();
    expect(await run.closed).toEqual({ reason: "shutdown" });
    // No close request is sent for the completed sub-session.
    expect(control.received.map((text) => JSON.parse(text).method).slice(1)).toEqual(["closeSessionV1", "closeBacktestSession"]);
  });

  test("a parallel run is shut down when its signal is aborted, and the signal's reason is the cause of the error", async () => {
    const server = await startScriptedServer();
    const stop = new AbortController();
    const { run, control } = await startRun(server, newClient(server), 2, { signal: stop.signal });
    const reason = new Error("enough");
    stop.abort(reason);
    expect(await run.closed).toMatchObject({ reason: "shutdown", error: { code: "cancelled", cause: reason } });
    for (const subSession of run.subSessions) {
      expect(await rejection(subSession.nextEvent())).toMatchObject({ code: "cancelled" });
    }
    await control.ended;
  });

  test("a parallel run is shut down when its client is closed", async () => {
    const { client, run, control } = await setUp();
    await client.close();
    expect(await run.closed).toEqual({ reason: "shutdown" });
    await control.ended;
  });

  test("a parallel run that is cancelled during its start leaves no session and no connection", async () => {
    const server = await startScriptedServer();
    const stop = new AbortController();
    const seen: string[] = [];
    const starting = newClient(server).startParallelSession(RUN_CREATE, {
      signal: stop.signal,
      onConnection: ({ status }) => seen.push(status.state),
    });
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(undefined, "sessionCreated", CREATED);
    stop.abort();
    expect(await rejection(starting)).toMatchObject({ code: "cancelled" });
    await control.ended;
    expect(seen).toContain("down");
    const aborted = newClient(server).startParallelSession(RUN_CREATE, { signal: AbortSignal.abort() });
    expect(await rejection(aborted)).toMatchObject({ code: "cancelled" });
    await settle();
    expect(server.connections).toHaveLength(1);
  });

  test("a parallel run is refused before anything is sent if its create parameters are invalid", async () => {
    const server = await startScriptedServer();
    const client = newClient(server);
    expect(await rejection(client.startParallelSession({ startSlot: 9, endSlot: 8 }))).toMatchObject({
      code: "invalidParams",
      field: "endSlot",
    });
    await settle();
    expect(server.connections).toHaveLength(0);
  });

  test("each log line of a parallel run names the run or the sub-session", async () => {
    const lines: string[] = [];
    const note = (line: string) => lines.push(line);
    const { server, control, first } = await setUp(2, { logger: { debug: note, info: note, warn: note, error: note } });
    first.subscribeAccountDiffs([PROGRAM]);
    await acceptDiffs(server);
    sendSessionEvent(control, 1, 2, "error", "noMoreBlocks");
    await until(() => lines.some((line) => line.includes("noMoreBlocks") || line.includes("no more blocks")), "the error");
    expect(lines.some((line) => line.startsWith("parallel_") && line.includes("2 sub-sessions"))).toBe(true);
    expect(lines.some((line) => line.startsWith(`session ${idOf(1)}: `))).toBe(true);
    expect(lines.some((line) => line.startsWith(`session ${idOf(0)}: accountDiff-1 is `))).toBe(true);
  });
});

describe("the events of all sub-sessions", () => {
  test("run() of a parallel run keeps the order of each sub-session, and sends a continue request at each stop", async () => {
    const { run, control } = await setUp(2);
    const taken: string[] = [];
    const consume = async (): Promise<void> => {
      for await (const { subSession, event } of run.run({ step: 5 })) {
        taken.push(`${run.subSessions.indexOf(subSession)} ${brief(event)}`);
      }
    };
    const serve = async (): Promise<void> => {
      for (const end of [false, true]) {
        for (let continued = 0; continued < 2; continued++) {
          const { sessionId, request } = await control.expect("continueSessionV1");
          expect(request).toMatchObject({ advanceCount: 5 });
          const index = sessionId === idOf(0) ? 0 : 1;
          const from = Number(rangeOf(index).startSlot) + (end ? 5 : 0);
          const sequence = end ? 8 : 2;
          for (let slot = 0; slot < 5; slot++) sendSessionEvent(control, index, sequence + slot, "slotNotification", from + slot);
          sendSessionEvent(control, index, sequence + 5, end ? "completed" : "readyForContinue", end ? {} : undefined);
        }
      }
      await control.expectClose();
    };
    await Promise.all([consume(), serve()]);
    for (const index of [0, 1]) {
      const from = Number(rangeOf(index).startSlot);
      const slots = Array.from({ length: 10 }, (_, slot) => `${index} slot ${from + slot}`);
      expect(taken.filter((line) => line.startsWith(`${index} `))).toEqual([
        `${index} readyForContinue`,
        ...slots.slice(0, 5),
        `${index} readyForContinue`,
        ...slots.slice(5),
        `${index} completed`,
      ]);
    }
    expect(await run.closed).toEqual({ reason: "completed" });
  });

  test("the iteration over a parallel run continues after a sub-session fails, and throws the error at the end", async () => {
    const { run, control } = await setUp(2);
    const taken: string[] = [];
    const consume = async (): Promise<void> => {
      for await (const { subSession, event } of run) taken.push(`${run.subSessions.indexOf(subSession)} ${brief(event)}`);
    };
    const consuming = rejection(consume());
    sendSessionEvent(control, 0, 2, "error", "noMoreBlocks");
    sendSessionEvent(control, 1, 2, "slotNotification", 110);
    sendSessionEvent(control, 1, 3, "completed", {});
    expect(await consuming).toMatchObject({ code: "remote", remote: { kind: "noMoreBlocks" } });
    expect(taken.filter((line) => line.startsWith("0"))).toEqual(["0 readyForContinue", "0 error noMoreBlocks"]);
    expect(taken.filter((line) => line.startsWith("1"))).toEqual(["1 readyForContinue", "1 slot 110", "1 completed"]);
  });

  test("if a consumer exits a loop over a parallel run, the next consumer receives the buffered events", async () => {
    const { run, control, first } = await setUp(2);
    for (const index of [0, 1]) sendSessionEvent(control, index, 2, "slotNotification", 100 + index);
    await until(() => run.subSessions.every(({ diagnostics }) => diagnostics.queueLength === 2), "the slots");
    const taken: string[] = [];
    for await (const { event } of run) {
      taken.push(brief(event));
      break;
    }
    await settle();
    expect(first.diagnostics.queueLength).toBe(1);
    expect(run.subSessions[1]?.diagnostics.queueLength).toBe(2);
    const again = run[Symbol.asyncIterator]();
    while (taken.length < 4) taken.push(await again.next().then(({ value }) => value && brief(value.event)));
    expect(taken.toSorted()).toEqual(["readyForContinue", "readyForContinue", "slot 100", "slot 101"]);
    // `return()` ends the pending call of `next()` with `done`. The next event stays buffered.
    const waiting = again.next();
    await again.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await again.next()).toEqual({ done: true, value: undefined });
    sendSessionEvent(control, 0, 3, "slotNotification", 102);
    expect(await take(first, 1)).toEqual(["slot 102"]);
  });

  test("run() of a parallel run throws when its signal is aborted, and the parallel run stays open", async () => {
    const { run, control } = await setUp(2);
    const stop = new AbortController();
    const taken: string[] = [];
    const consume = async (): Promise<void> => {
      for await (const { event } of run.run({ signal: stop.signal })) taken.push(brief(event));
    };
    const consuming = rejection(consume());
    for (const index of [0, 1]) expect(await control.expect("continueSessionV1")).toMatchObject({ sessionId: idOf(index) });
    expect(taken).toHaveLength(2);
    stop.abort();
    expect(await consuming).toMatchObject({ code: "cancelled" });
    expect(run.connection).toEqual({ state: "up" });
    sendSessionEvent(control, 0, 2, "completed", {});
    sendSessionEvent(control, 1, 2, "completed", {});
    for await (const { event } of run) taken.push(brief(event));
    expect(taken.slice(2)).toEqual(["completed", "completed"]);
    expect(await run.closed).toEqual({ reason: "completed" });
  });

  test("run() of a parallel run throws if the step is invalid or an option has an unknown name", async () => {
    const { run } = await setUp(1);
    expect(() => run.run({ stpe: 1 } as never)).toThrow("stpe: unknown option. Did you mean step?");
    expect(() => run.run({ step: -1 })).toThrow(expect.objectContaining({ code: "invalidParams", field: "advanceCount" }));
  });
});

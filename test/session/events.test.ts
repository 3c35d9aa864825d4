import { describe, expect, test } from "vitest";
import type { ManagedEvent } from "../../src/channels/managed-events.js";
import type { ManagedBacktestSession } from "../../src/session/managed-backtest-session.js";
import { startScriptedServer } from "../support/scripted-server.js";
import {
  acceptDiffs,
  brief,
  diff,
  newClient,
  PROGRAM,
  reattach,
  rejection,
  settle,
  startSession,
  take,
  takeAll,
  takeUntil,
  turn,
  until,
} from "./session-rig.js";
import { collectUncaught } from "./uncaught.js";

const NOTIFICATION = "accountDiffNotification";

async function setUp(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const standing = await startSession(server, newClient(server, options));
  return { server, ...standing };
}

async function hold(session: ManagedBacktestSession, count: number): Promise<void> {
  await until(() => session.diagnostics.queueLength === count, `${count} buffered events`);
}

describe("events", () => {
  test("events are buffered until a consumer reads them", async () => {
    const { session, control } = await setUp();
    control.respond(3, "slotNotification", 100);
    await hold(session, 2);
    expect((await take(session, 2)).map(brief)).toEqual(["readyForContinue", "slot 100"]);
    expect(session.diagnostics.queueLength).toBe(0);
  });

  test("events are plain objects that can be spread, cloned and serialized", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    diffs.notify(NOTIFICATION, 7, diff(100, "a"));
    diffs.send('{"nonsense":1}');
    control.respond(3, "paused", { slot: 101, batchIndex: 2 });
    control.respond(4, "discoveryBatch", { slot: 5, batchIndex: 1, matched: [], transactions: [] });
    control.respond(5, "error", { sessionOwnershipBusy: { reason: "x" } });
    await hold(session, 6);
    for (const event of await take(session, 6)) {
      expect(structuredClone(event)).toEqual(event);
      expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
    }
  });

  test("an event has all fields of the server's response, and its 64-bit integers are bigint", async () => {
    const { session, control } = await setUp();
    const transaction = { data: "AQ==", encoding: "base64" };
    control.respond(3, "paused", { slot: 101, batchIndex: 2 });
    control.respond(4, "paused", { slot: 101 });
    control.respond(5, "discoveryBatch", {
      slot: 7,
      batchIndex: 1,
      matched: [{ kind: "programExecuted", value: PROGRAM }],
      transactions: [transaction],
      transactionIndices: [3],
    });
    control.respond(6, "error", { initializingSysvarsFailed: { slot: 5, error: "x" } });
    const [, ...events] = await take(session, 5);
    expect(events).toEqual([
      { type: "paused", slot: 101n, batchIndex: 2 },
      { type: "paused", slot: 101n },
      {
        type: "discoveryBatch",
        slot: 7n,
        batchIndex: 1,
        matched: [{ kind: "programExecuted", value: PROGRAM }],
        transactions: [transaction],
        transactionIndices: [3],
      },
      { type: "error", error: { kind: "initializingSysvarsFailed", slot: 5n, error: "x" } },
    ]);
  });

  test("a session counts and logs a failed transaction, and delivers no event for the failure", async () => {
    const lines: string[] = [];
    const logger = { debug: (line: string) => void lines.push(line), info() {}, warn() {}, error() {} };
    const { session, control } = await setUp({ logger });
    control.respond(3, "error", { simulationError: { error: "custom program error: 0x1" } });
    control.respond(4, "slotNotification", 100);
    expect((await takeUntil(session, "slot")).map(brief)).toEqual(["readyForContinue", "slot 100"]);
    expect(session.diagnostics.simulationErrors).toBe(1);
    expect(lines).toContainEqual(expect.stringMatching(/session backtest_\w+: .*custom program error: 0x1/));
  });

  test("events on the control channel do not wait for a backlog of notifications, and each channel keeps its order", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    diffs.notify(NOTIFICATION, 7, ...Array.from({ length: 50 }, (_, index) => diff(100, `d${index}`)));
    await hold(session, 51);
    control.respond(3, "slotNotification", 100);
    control.respond(4, "readyForContinue");
    await hold(session, 53);
    const events = (await take(session, 53)).map(brief);
    expect(events.slice(0, 3)).toEqual(["readyForContinue", "slot 100", "readyForContinue"]);
    expect(events.slice(3)).toEqual(Array.from({ length: 50 }, (_, index) => `diff d${index}`));
  });

  test("`completed` is the last event, after the end of every subscription", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    control.respond(3, "completed", {
      summary: { correctSimulation: 4, incorrectSimulation: 0, executionErrors: 0, balanceDiff: 0, logDiff: 0 },
    });
    const taking = takeAll(session);
    await settle();
    diffs.notify(NOTIFICATION, 7, diff(100, "a"), diff(103, "b"));
    diffs.complete(7);
    const events = await taking;
    expect(events.map(brief)).toEqual(["readyForContinue", "diff a", "diff b", "completed"]);
    expect(events.at(-1)).toMatchObject({ summary: { correctSimulation: 4, unsanitizable: 0 } });
  });

  test("`completed` does not wait for the close handshake of an ended subscription", async () => {
    const { server, session, control } = await setUp({ timeouts: { closeMs: 60_000 } });
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    control.respond(3, "completed", {});
    diffs.complete(7);
    diffs.goSilent();
    expect((await takeAll(session)).map(brief)).toEqual(["readyForContinue", "completed"]);
    await control.expectClose();
    diffs.destroy();
    expect(await session.closed).toEqual({ reason: "completed" });
  });
});

describe("listeners", () => {
  test("listeners receive events from the next microtask on, starting with the buffered events", async () => {
    const { session, control } = await setUp();
    control.respond(3, "slotNotification", 100);
    await hold(session, 2);
    const emitted: string[] = [];
    session.on("slot", (event) => emitted.push(brief(event)));
    // This listener is added in the same task as the first one, so it does not miss any event.
    session.on("readyForContinue", (event) => emitted.push(brief(event)));
    expect(emitted).toEqual([]);
    await Promise.resolve();
    expect(emitted).toEqual(["readyForContinue", "slot 100"]);
    control.respond(4, "slotNotification", 101);
    await until(() => emitted.length === 3, "the third event");
    expect(session.diagnostics.queueLength).toBe(0);
  });

  test.each(["once", "addListener"] as const)("%s() starts the delivery of events to listeners", async (method) => {
    const { session } = await setUp();
    const emitted: string[] = [];
    session[method]("readyForContinue", (event) => emitted.push(brief(event)));
    await until(() => emitted.length === 1, "the event");
  });

  test("listeners for `connection` and `close` do not start the delivery of events", async () => {
    const { server, session, control } = await setUp();
    const emitted: string[] = [];
    session.on("connection", ({ channel, status }) =>
      emitted.push(`${channel} ${status.state === "down" ? status.phase : status.state}`),
    );
    session.on("close", ({ reason }) => emitted.push(`close ${reason}`));
    control.destroy();
    const { control: next } = await reattach(server, (again) => again.respond(3, "slotNotification", 100));
    await hold(session, 3);
    expect(emitted.filter((line) => line !== "control up").slice(0, 3)).toEqual([
      "control backingOff",
      "control connecting",
      "control handshaking",
    ]);
    await session.shutdown();
    await next.expectClose();
    expect(emitted.slice(-3)).toEqual(["control up", "control closed", "close shutdown"]);
  });

  test("listeners for `progress` are called when a slot or `completed` arrives, and consume no event", async () => {
    const { session, control } = await setUp();
    const seen: string[] = [];
    session.on("progress", () => seen.push(`${session.coverage().highestSlot} ${session.coverage().completed}`));
    control.respond(3, "slotNotification", 100);
    control.respond(4, "slotNotification", 101);
    control.respond(5, "completed", {});
    await until(() => seen.length === 3, "the progress");
    expect(seen).toEqual(["100 false", "101 false", "101 true"]);
    expect(session.diagnostics.queueLength).toBeGreaterThan(1);
    expect(brief(await session.nextEvent())).toBe("readyForContinue");
  });

  test("listeners for `connection` receive the attempt, the reason and the time of the next attempt for each change", async () => {
    const { server, session, control } = await setUp({ reconnect: { initialBackoffMs: 30 } });
    const changes: unknown[] = [];
    session.on("connection", (change) => changes.push(change));
    const before = Date.now();
    await until(() => session.connection.state === "up", "the control connection");
    changes.length = 0;
    control.close(1012, "moving");
    await reattach(server);
    await until(() => session.connection.state === "up" && changes.length >= 4, "the control connection");
    expect(changes[0]).toEqual({
      channel: "control",
      status: {
        state: "down",
        phase: "backingOff",
        attempt: 1,
        reason: expect.stringMatching(/1012 service restart.*moving/),
        retryAt: expect.any(Number),
      },
    });
    const { status } = changes[0] as { status: { retryAt: number } };
    expect(status.retryAt).toBeGreaterThanOrEqual(before + 30);
    expect(changes.at(-1)).toEqual({ channel: "control", status: { state: "up" } });
  });

  test("an event is delivered to listeners before the iterator returns it", async () => {
    const { session, control } = await setUp();
    const order: string[] = [];
    session.on("slot", (event) => order.push(`listener ${event.slot}`));
    const pulling = (async () => {
      for await (const event of session) {
        order.push(`puller ${brief(event)}`);
        if (event.type === "slot" && event.slot === 101n) break;
      }
    })();
    control.respond(3, "slotNotification", 100);
    control.respond(4, "slotNotification", 101);
    control.respond(5, "slotNotification", 102);
    await pulling;
    await hold(session, 1);
    expect(order).toEqual(["puller readyForContinue", "listener 100", "puller slot 100", "listener 101", "puller slot 101"]);
  });

  test("listeners receive the event, and can be added and removed while a listener runs", async () => {
    const { session, control } = await setUp();
    const seen: ManagedEvent[] = [];
    const off = (): void => void seen.push({ type: "readyForContinue" });
    session.on("slot", off);
    session.on("slot", (event) => seen.push(event));
    session.off("slot", off);
    control.respond(3, "slotNotification", 100);
    await until(() => seen.length > 0, "the slot");
    expect(seen).toEqual([{ type: "slot", slot: 100n }]);
  });

  test("listeners that throw cause an uncaught error, and the stream continues", async () => {
    const uncaught = collectUncaught();
    const { server, session, control } = await setUp();
    const seen: string[] = [];
    session.on("connection", ({ status }) => {
      if (status.state === "down") throw new Error("connection listener");
    });
    session.on("slot", (event) => {
      seen.push(brief(event));
      throw new Error("slot listener");
    });
    session.on("close", () => {
      throw new Error("close listener");
    });
    control.respond(3, "slotNotification", 100);
    control.respond(4, "slotNotification", 101);
    await until(() => seen.length === 2, "two slots");
    control.destroy();
    const { control: next } = await reattach(server, (again) => {
      again.respond(5, "slotNotification", 102);
      again.respond(6, "completed", {});
    });
    await next.expectClose();
    expect(await session.closed).toEqual({ reason: "completed" });
    expect(seen).toEqual(["slot 100", "slot 101", "slot 102"]);
    await turn();
    const messages = uncaught.map(({ message }) => message);
    expect(messages.filter((message) => message === "slot listener")).toHaveLength(3);
    expect(new Set(messages)).toEqual(new Set(["slot listener", "connection listener", "close listener"]));
  });

  test("listeners that shut the session down receive only the event `close` afterwards", async () => {
    const { session, control } = await setUp();
    const emitted: string[] = [];
    session.on("slot", (event) => {
      emitted.push(brief(event));
      void session.shutdown();
    });
    session.on("close", ({ reason }) => emitted.push(`close ${reason}`));
    for (let i = 0; i < 5; i++) control.respond(3 + i, "slotNotification", 100 + i);
    await control.expectClose();
    await session.closed;
    expect(emitted).toEqual(["slot 100", "close shutdown"]);
  });

  test("listeners receive `completed`, then the event `close`", async () => {
    const { session, control } = await setUp();
    const emitted: string[] = [];
    session.on("completed", (event) => emitted.push(brief(event)));
    session.on("close", ({ reason }) => emitted.push(`close ${reason}`));
    control.respond(3, "completed", {});
    await control.expectClose();
    await session.closed;
    expect(emitted).toEqual(["completed", "close completed"]);
  });
});

describe("iterating", () => {
  test("iterating after the end of a session returns nothing, and nextEvent rejects", async () => {
    const { session, control } = await setUp();
    control.respond(3, "completed", {});
    expect((await takeAll(session)).map(brief)).toEqual(["readyForContinue", "completed"]);
    await control.expectClose();
    expect(await rejection(session.nextEvent())).toMatchObject({
      code: "controlClosed",
      message: expect.stringContaining("completed"),
    });
    expect(await takeAll(session)).toEqual([]);
    expect(await takeAll(session.run())).toEqual([]);
  });

  test("a second iteration at the same time is refused, and the first iteration gets every event", async () => {
    const { session, control } = await setUp();
    const first = takeAll(session);
    expect(await rejection(takeAll(session))).toMatchObject({ code: "consumerBusy" });
    expect(await rejection(takeAll(session.run()))).toMatchObject({ code: "consumerBusy" });
    expect(await rejection(session.nextEvent())).toMatchObject({ code: "consumerBusy" });
    control.respond(3, "slotNotification", 100);
    control.respond(4, "completed", {});
    expect((await first).map(brief)).toEqual(["readyForContinue", "slot 100", "completed"]);
  });
});

describe("diagnostics", () => {
  test("session.diagnostics returns a snapshot of the numbers of frames, bytes and buffered events", async () => {
    const { server, session, control } = await setUp();
    const before = session.diagnostics;
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    const text =
      '{"jsonrpc":"2.0","method":"accountDiffNotification","params":{"subscription":7,"result":{"context":{"slot":101}}}}';
    diffs.send(text);
    control.send('{"method":"readyForContinue"}');
    await hold(session, 3);
    const acknowledged = JSON.stringify({ jsonrpc: "2.0", id: 1, result: 7 }).length;
    const after = session.diagnostics;
    expect(after.frames - before.frames).toBe(3);
    expect(after.bytes - before.bytes).toBe(text.length + acknowledged + 29);
    expect(after).toMatchObject({ queueLength: 3, malformed: 0, duplicatesDropped: 0, simulationErrors: 0, reconnects: {} });
    expect(before.queueLength).toBeLessThan(3);
  });
});

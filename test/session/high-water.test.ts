import { describe, expect, onTestFinished, test } from "vitest";
import type { ManagedEvent } from "../../src/channels/managed-events.js";
import type { BacktestClientOptions } from "../../src/client/client-options.js";
import { createLocalSimulator, startLocalSimulator } from "../../src/local/index.js";
import type { ManagedBacktestSession } from "../../src/session/managed-backtest-session.js";
import { startScriptedServer } from "../support/scripted-server.js";
import {
  acceptDiffs,
  brief,
  CREATE,
  CREATED,
  diff,
  newClient,
  OTHER_PROGRAM,
  PROGRAM,
  pageWebSocket,
  settle,
  startSession,
  take,
  takeAll,
  turn,
  until,
} from "./session-rig.js";

const NOTIFICATION = "accountDiffNotification";

const platforms: [name: string, options: Partial<BacktestClientOptions>][] = [
  ["Node.js", {}],
  ["web page (its sockets cannot pause)", { WebSocket: pageWebSocket }],
];

describe("a consumer that reads no events", () => {
  test("in Node.js, the subscriptions of a consumer that reads no events are paused at the buffer limit, and no events are lost", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server, { maxBufferedEvents: 20 }));
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    const padding = "x".repeat(10_000);
    const results = Array.from({ length: 2_000 }, (_, index) => ({ ...(diff(100, `d${index}`) as object), padding }));
    diffs.notify(NOTIFICATION, 7, ...results);
    diffs.complete(7);
    await until(() => session.diagnostics.queueLength >= 20, "the mark");
    await settle();
    expect(session.diagnostics.queueLength).toBe(20);
    // The client has stopped reading, so it has not received most of the 20 MB.
    expect(session.diagnostics.frames).toBeLessThan(1_500);
    control.respond(3, "completed", {});
    const events = (await takeAll(session)).map(brief);
    expect(events).toEqual(["readyForContinue", ...results.map((_, index) => `diff d${index}`), "completed"]);
    expect(session.diagnostics.reconnects).toEqual({});
  });

  test("if a socket cannot pause, the client closes the socket when the event buffer becomes full", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(
      server,
      newClient(server, { maxBufferedEvents: 10, WebSocket: pageWebSocket }),
    );
    session.subscribeAccountDiffs([PROGRAM]);
    const first = await acceptDiffs(server);
    const all = Array.from({ length: 16 }, (_, index) => diff(100 + Math.floor(index / 4), `d${index}`));
    first.notify(NOTIFICATION, 7, ...all);
    await first.ended;
    await settle();
    expect(session.diagnostics.queueLength).toBe(10);
    expect(server.connections).toHaveLength(2);
    // This read leaves 3 events in the buffer. The subscription reopens only when at most 2 events are left.
    const consumed = await take(session, 7);
    await settle();
    expect(server.connections).toHaveLength(2);
    consumed.push(...(await take(session, 1)));
    const second = await server.subscription();
    const { config } = await second.accept("accountDiffSubscribe", 3);
    expect(config.replayFromSlot).toBe(102);
    second.notify(NOTIFICATION, 3, ...all.slice(8));
    consumed.push(...(await take(session, 8)));
    control.respond(3, "completed", {});
    const serve = async () => {
      while (second.isOpen) {
        second.complete(3);
        await second.ended;
      }
    };
    const [rest] = await Promise.all([takeAll(session), serve()]);
    const signatures = [...consumed, ...rest].flatMap((event) => (event.type === "accountDiff" ? [event.diff.signature] : []));
    expect(signatures).toEqual(all.map((_, index) => `d${index}`));
  });

  test.each(platforms)(
    "on the platform %s, the buffer limit applies even before all filters of a subscription are acknowledged",
    async (_, options) => {
      const server = await startScriptedServer();
      const { session, control } = await startSession(server, newClient(server, { maxBufferedEvents: 10, ...options }));
      const subscription = session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
      const all = Array.from({ length: 16 }, (_, index) => diff(100 + Math.floor(index / 4), `d${index}`));
      const first = await server.subscription();
      await first.accept("accountDiffSubscribe", 7);
      await first.expect("accountDiffSubscribe");
      first.notify(NOTIFICATION, 7, ...all);
      await first.ended;
      await settle();
      expect(session.diagnostics.queueLength).toBe(10);
      // The closed subscription counts as ready, so that `continue()` does not wait for the subscription.
      await subscription.ready;
      const taken = await take(session, 8);
      const second = await server.subscription();
      const { config } = await second.accept("accountDiffSubscribe", 7);
      expect(config.replayFromSlot).toBe(102);
      const { id, config: other } = await second.expect("accountDiffSubscribe");
      expect(other).not.toHaveProperty("replayFromSlot");
      const consumed = takeAll(session);
      second.notify(NOTIFICATION, 7, ...all.slice(8));
      second.acknowledge(id, 8);
      second.complete(7, 8);
      control.respond(3, "completed", {});
      const signatures = [...taken, ...(await consumed)].flatMap((event) =>
        event.type === "accountDiff" ? [event.diff.signature] : [],
      );
      expect(signatures).toEqual(all.map((_, index) => `d${index}`));
      expect(session.diagnostics.reconnects).toEqual({});
    },
  );

  test.each(platforms)("on the platform %s, the buffer limit also applies to control events", async (_, options) => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server, { maxBufferedEvents: 10, ...options }));
    for (let i = 0; i < 40; i++) control.respond(3 + i, "slotNotification", 100 + i);
    control.respond(43, "completed", {});
    await until(() => session.diagnostics.queueLength >= 10, "the mark");
    await settle();
    expect(session.diagnostics.queueLength).toBe(10);
    const serve = async () => {
      if (options.WebSocket === undefined) return control.expectClose();
      await control.ended;
      for (let last = 0; last < 43; ) {
        const again = await server.control();
        last = Number((await again.expect("attachBacktestSession")).last_sequence);
        again.respond(undefined, "sessionAttached", CREATED);
        await again.expect("resumeAttachedSession");
        again.respond(undefined, "success");
        for (let sequence = last + 1; sequence < 43; sequence++) again.respond(sequence, "slotNotification", 97 + sequence);
        again.respond(43, "completed", {});
        await again.ended;
        if (again.received.some((text) => text.includes("closeBacktestSession"))) return;
      }
    };
    const [events] = await Promise.all([takeAll(session), serve()]);
    const lines = events.filter(({ type }) => type !== "continuity").map(brief);
    expect(lines).toEqual(["readyForContinue", ...Array.from({ length: 40 }, (_, index) => `slot ${100 + index}`), "completed"]);
  });
});

describe("a consumer that awaits continue() with a full queue", () => {
  test.each(platforms)(
    "on the platform %s, continue() resolves even if the queue is full of notifications",
    async (_, options) => {
      const server = await startScriptedServer();
      const { session, control } = await startSession(server, newClient(server, { maxBufferedEvents: 5, ...options }));
      session.subscribeAccountDiffs([PROGRAM]);
      const diffs = await acceptDiffs(server);
      diffs.notify(NOTIFICATION, 7, ...Array.from({ length: 20 }, (_, index) => diff(100, `d${index}`)));
      await until(() => session.diagnostics.queueLength >= 5, "the mark");
      await session.continue();
      await control.expect("continue");
      control.respond(3, "slotNotification", 101);
      await until(() => session.diagnostics.queueLength === 6, "the slot");
      expect((await take(session, 3)).map(brief)).toEqual(["readyForContinue", "slot 101", "diff d0"]);
    },
  );

  test.each(platforms)(
    "on the platform %s, continue() resolves even if the queue is full of control events",
    async (_, options) => {
      const server = await startScriptedServer();
      const { session, control } = await startSession(server, newClient(server, { maxBufferedEvents: 5, ...options }));
      for (let i = 0; i < 10; i++) control.respond(3 + i, "status", { status: "executingBlockTransactions" });
      control.respond(13, "readyForContinue");
      await until(() => session.diagnostics.queueLength >= 5, "the mark");
      await settle();
      const serve = async (): Promise<void> => {
        let served = control;
        if (options.WebSocket !== undefined) {
          await control.ended;
          served = await server.control();
          const last = Number((await served.expect("attachBacktestSession")).last_sequence);
          served.respond(undefined, "sessionAttached", CREATED);
          await served.expect("resumeAttachedSession");
          served.respond(undefined, "success");
          for (let sequence = last + 1; sequence < 13; sequence++)
            served.respond(sequence, "status", { status: "executingBlockTransactions" });
          served.respond(13, "readyForContinue");
        }
        await served.expect("continue");
      };
      await Promise.all([session.continue(), serve()]);
    },
  );
});

describe("a slow consumer of a whole run", () => {
  /** Reads all events. After every 20 events, waits up to 50 turns of the event loop, so that the buffer fills. */
  async function runSlowly(session: ManagedBacktestSession, mark: number): Promise<ManagedEvent[]> {
    const events: ManagedEvent[] = [];
    let longest = 0;
    for await (const event of session.run({ step: 10 })) {
      events.push(event);
      const { queueLength } = session.diagnostics;
      // Up to `mark` notifications and up to `mark` control events can be buffered.
      expect(queueLength).toBeLessThanOrEqual(2 * mark);
      longest = Math.max(longest, queueLength);
      if (events.length % 20 !== 0) continue;
      for (let waited = 0; waited < 50 && session.diagnostics.queueLength <= 2 * mark; waited++) await turn();
    }
    // The buffer has reached its limit. The loop reads `queueLength` after it has taken one event from the buffer.
    expect(longest).toBeGreaterThanOrEqual(mark - 1);
    return events;
  }

  function keysOf(events: readonly ManagedEvent[]): string[] {
    return events.flatMap((event) => (event.type === "transaction" ? [event.transaction.transaction[0] as string] : []));
  }

  test.each(["in Node.js", "in a page"])("a slow consumer of run() receives each event exactly once, %s", async (where) => {
    const settings = { startSlot: 100, slots: 60, transactionsPerSlot: 10 };
    const inPage = where === "in a page" ? createLocalSimulator(settings) : undefined;
    const simulator = inPage ?? (await startLocalSimulator(settings));
    onTestFinished(() => simulator.close());
    const mark = 40;
    const options = inPage === undefined ? {} : { WebSocket: inPage.WebSocket, fetch: inPage.fetch };
    const client = newClient(simulator, { ...options, maxBufferedEvents: mark });
    const session = await client.startSession({ startSlot: 100, slotCount: 51 });
    const [program] = simulator.programs as [string];
    session.subscribeTransactions([program]);
    const events = await runSlowly(session, mark);
    const record = simulator.record.session(session.info.sessionId)!;
    const expected = record.notifications("transaction", program).map((result) => JSON.parse(result.json()).transaction[0]);
    expect(keysOf(events)).toEqual(expected);
    expect(events.filter(({ type }) => type === "slot")).toHaveLength(51);
    expect(events.at(-1)?.type).toBe("completed");
  });
});

test("a session with a buffer limit of 1 event still runs to its end", async () => {
  const simulator = await startLocalSimulator({ startSlot: 100, slots: 10 });
  onTestFinished(() => simulator.close());
  const session = await newClient(simulator, { maxBufferedEvents: 1 }).startSession(CREATE);
  session.subscribeTransactions([...simulator.programs].slice(0, 1));
  const events = await takeAll(session.run());
  expect(events.filter(({ type }) => type === "slot")).toHaveLength(4);
});

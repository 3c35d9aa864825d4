import { describe, expect, onTestFinished, test } from "vitest";
import type { ConnectionStatus } from "../../src/connection/status.js";
import { startLocalSimulator } from "../../src/local/index.js";
import { FakePlatform } from "../support/fake-platform.js";
import { startScriptedServer } from "../support/scripted-server.js";
import {
  acceptDiffs,
  brief,
  clockOf,
  diff,
  newClient,
  PROGRAM,
  pageWebSocket,
  reattach,
  settle,
  startSession,
  take,
  takeAll,
  takeUntil,
  until,
} from "./session-rig.js";

const LIVENESS = { pingIntervalMs: 50, deadlineMs: 300 };

async function setUp(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const standing = await startSession(server, newClient(server, { liveness: LIVENESS, ...options }));
  await takeUntil(standing.session, "readyForContinue");
  return { server, ...standing };
}

describe("a silent server, with pings,", () => {
  test("with pings, the client keeps a connection if the server answers the pings", async () => {
    // Until the 60th ping (1.2 s), the server sends only pongs. With a shorter `deadlineMs`, the test could fail on a busy machine.
    const { server, session, control } = await setUp({ liveness: { pingIntervalMs: 20, deadlineMs: 1_000 } });
    await until(() => control.pings >= 60, "sixty pings");
    expect(session.diagnostics.reconnects).toEqual({});
    expect(server.connections).toHaveLength(1);
  });

  test("with pings, if the server answers no ping, the client replaces the connection and resumes the session", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    diffs.notify("accountDiffNotification", 7, diff(100, "a"));
    await takeUntil(session, "accountDiff");
    control.goSilent();
    diffs.goSilent();
    const [{ control: next, last }, diffsAgain] = await Promise.all([reattach(server), server.subscription()]);
    expect(last).toBe(2);
    expect((await diffsAgain.accept("accountDiffSubscribe", 7)).config.replayFromSlot).toBe(100);
    diffsAgain.notify("accountDiffNotification", 7, diff(100, "a"), diff(101, "b"));
    next.respond(3, "slotNotification", 101);
    const events = (await take(session, 4)).map(brief);
    expect(events.sort()).toEqual(["diff b", "resumed accountDiff", "resumed control", "slot 101"]);
    control.destroy();
    diffs.destroy();
  });

  test("if the server answers no ping, the connection status contains the reason for the reconnect", async () => {
    const { server, session, control } = await setUp();
    const reasons: (string | undefined)[] = [];
    session.on("connection", ({ status }) => {
      if (status.state === "down" && status.phase === "backingOff") reasons.push(status.reason);
    });
    control.goSilent();
    await reattach(server);
    expect(reasons).toEqual([expect.stringMatching(/nothing was received/)]);
    control.destroy();
  });
});

describe("a silent server, without pings,", () => {
  test("if the WebSocket cannot send pings, the client replaces a silent control connection only while a response is pending", async () => {
    const clock = new FakePlatform();
    const { server, session, control } = await setUp({ WebSocket: pageWebSocket, platform: clockOf(clock) });
    const statuses: ConnectionStatus[] = [];
    session.on("connection", ({ status }) => statuses.push(status));
    await clock.advance(3 * LIVENESS.deadlineMs);
    expect(statuses).toEqual([]);
    await session.continue();
    await control.expect("continue");
    control.goSilent();
    await clock.advance(2 * LIVENESS.deadlineMs);
    const { control: next, last } = await reattach(server, (again) => again.respond(3, "slotNotification", 100));
    expect(last).toBe(2);
    expect((await takeUntil(session, "slot")).map(brief)).toEqual(["resumed control", "slot 100"]);
    // The first status has `attempt: 0`: this reconnect starts at once and is not counted.
    expect(statuses[0]).toMatchObject({ state: "down", phase: "connecting", attempt: 0 });
    next.respond(4, "readyForContinue");
    await takeUntil(session, "readyForContinue");
    const { length } = statuses;
    await clock.advance(3 * LIVENESS.deadlineMs);
    expect(statuses).toHaveLength(length);
    expect(server.connections).toHaveLength(2);
    control.destroy();
  });

  test("if the WebSocket cannot send pings, the client reconnects to a silent server at increasing intervals", async () => {
    const { server, session, control } = await setUp({ WebSocket: pageWebSocket });
    await session.continue();
    await control.expect("continue");
    const attaches: number[] = [];
    for (let i = 0; i < 4; i++) {
      await reattach(server, (again) => {
        // After the first reconnect, a replayed status shows that the server has received the continue request.
        if (i === 0) again.respond(3, "status", { status: "executingBlockTransactions" });
      });
      attaches.push(performance.now());
    }
    // The interval has doubled, because nothing arrived after the previous reconnect.
    expect(attaches[3]! - attaches[2]!).toBeGreaterThan(1.75 * LIVENESS.deadlineMs);
    expect(server.connections.flatMap(({ received }) => received).filter((text) => text.includes('"continue"'))).toHaveLength(1);
    await settle();
  });
});

describe("the faults of the local simulator, one after the other", () => {
  test.each(["Node.js", "a page"])(
    "a session in %s receives each event once, even if the local simulator injects several faults",
    async (where) => {
      const simulator = await startLocalSimulator({ startSlot: 100, slots: 60, slotDelayMs: 2 });
      onTestFinished(() => simulator.close());
      const [program] = simulator.programs as [string];
      const options = where === "a page" ? { WebSocket: pageWebSocket } : {};
      const client = newClient(simulator, { ...options, liveness: { pingIntervalMs: 100, deadlineMs: 1_000 } });
      const session = await client.startSession({ startSlot: 100, endSlot: 159 });
      session.subscribeTransactions([program]);
      const { faults } = simulator;
      faults.schedule({ atSlot: 105 }, { type: "close", code: 1012 });
      faults.schedule({ atSlot: 110 }, { type: "busyOwner", times: 2 });
      faults.schedule({ atSlot: 115 }, { type: "drop" });
      faults.schedule({ atSlot: 125 }, { type: "cutFrame" });
      faults.schedule({ atSlot: 135 }, { type: "halfOpen", target: { channel: "subscription" } });
      faults.schedule({ atSlot: 145 }, { type: "refuseUpgrade", status: 503, times: 2 });
      faults.schedule({ atSlot: 150 }, { type: "drop", target: { channel: "subscription" } });
      const events = await takeAll(session.run({ step: 7 }));
      const record = simulator.record.session(session.info.sessionId)!;
      const transactions = record.notifications("transaction", program).map((result) => JSON.parse(result.json()).transaction[0]);
      expect(events.flatMap((event) => (event.type === "transaction" ? [event.transaction.transaction[0]] : []))).toEqual(
        transactions,
      );
      expect(events.flatMap((event) => (event.type === "slot" ? [event.slot] : []))).toEqual(
        Array.from({ length: 60 }, (_, index) => BigInt(100 + index)),
      );
      expect(events.at(-1)?.type).toBe("completed");
      const injected = {
        close: 2,
        drop: expect.any(Number),
        cutFrame: expect.any(Number),
        busyOwner: expect.any(Number),
        refuseUpgrade: 2,
      };
      expect(faults.counts).toMatchObject(injected);
      expect(session.diagnostics.reconnects.transaction).toBeGreaterThanOrEqual(4);
      expect(session.diagnostics.malformed).toBe(0);
      // `run()` sends at most one continue request for each `readyForContinue`.
      const continues = record.requests.filter(({ method }) => method === "continue");
      const stops = events.filter(({ type }) => type === "readyForContinue").length;
      expect(continues.length).toBeLessThanOrEqual(stops);
    },
  );
});

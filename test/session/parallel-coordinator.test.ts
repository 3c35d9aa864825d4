import { describe, expect, test } from "vitest";
import type { ParallelSubSession } from "../../src/session/managed-parallel-session.js";
import type { ScriptedSubscription } from "../support/scripted-server.js";
import { startScriptedServer } from "../support/scripted-server.js";
import { idOf, sendSessionEvent, startRun } from "./parallel-rig.js";
import { acceptDiffs, diff, newClient, OTHER_PROGRAM, PROGRAM, settle, until } from "./session-rig.js";

const NOTIFICATION = "accountDiffNotification";

/**
 * Starts a parallel run of 3 sub-sessions. With `ungatedAttempts: 1`, a subscription does not reconnect while another sub-session
 * receives data.
 */
async function setUp(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const client = newClient(server, { ...options, reconnect: { ungatedAttempts: 1, ...options.reconnect } });
  const { run, control } = await startRun(server, client, 3);
  const [a, b, c] = run.subSessions as [ParallelSubSession, ParallelSubSession, ParallelSubSession];
  return { server, run, control, a, b, c };
}

const isParked = (subscription: { connection: object }): boolean =>
  "phase" in subscription.connection && subscription.connection.phase === "parked";

describe("a subscription that waits to reconnect (`parked`)", () => {
  test("a subscription of one sub-session does not reconnect while a subscription of another sub-session is active", async () => {
    const { server, a, b, c, control } = await setUp();
    const [ofA, ofB, ofC] = [a, b, c].map((subSession) => subSession.subscribeAccountDiffs([PROGRAM])) as [
      ReturnType<typeof a.subscribeAccountDiffs>,
      ReturnType<typeof a.subscribeAccountDiffs>,
      ReturnType<typeof a.subscribeAccountDiffs>,
    ];
    const streams = new Map<string, ScriptedSubscription>();
    for (let count = 0; count < 3; count++) {
      const stream = await acceptDiffs(server);
      streams.set(stream.url, stream);
    }
    await Promise.all([ofA.ready, ofB.ready, ofC.ready]);
    streams.get(`/backtest/${idOf(0)}`)!.destroy();
    await until(() => isParked(ofA), "A is parked");
    streams.get(`/backtest/${idOf(1)}`)!.destroy();
    await until(() => isParked(ofB), "B is parked");
    await settle();
    expect(server.connections).toHaveLength(4);
    // Ends the stream of C, so that A is allowed to reconnect. B still waits for its turn.
    const streamC = streams.get(`/backtest/${idOf(2)}`)!;
    streamC.notify(NOTIFICATION, 7, diff(120, "c"));
    streamC.complete(7);
    sendSessionEvent(control, 2, 2, "completed", {});
    const first = await server.subscription();
    await settle();
    expect(server.connections).toHaveLength(5);
    expect([isParked(ofA), isParked(ofB)]).toEqual([false, true]);
    await first.accept("accountDiffSubscribe", 7);
    await ofA.ready;
    await settle();
    // The stream of A is active, so B still waits for its turn to reconnect.
    expect(isParked(ofB)).toBe(true);
    await a.shutdown();
    const second = await acceptDiffs(server);
    expect(second.url).toBe(`/backtest/${idOf(1)}`);
    await until(() => ofB.connection.state === "up", "B is back");
  });

  test("a reconnecting subscription does not wait for other streams of the same sub-session", async () => {
    const { server, control, a } = await setUp();
    const lost = a.subscribeAccountDiffs([PROGRAM]);
    const stream = await acceptDiffs(server, 7);
    const kept = a.subscribeAccountDiffs([OTHER_PROGRAM]);
    await acceptDiffs(server, 8);
    await Promise.all([lost.ready, kept.ready]);
    stream.destroy();
    await until(() => lost.connection.state === "down", "the loss");
    const continuing = a.continue();
    await acceptDiffs(server, 9);
    await continuing;
    expect(await control.expect("continueSessionV1")).toMatchObject({ sessionId: idOf(0) });
  });

  test("a subscription reconnects even if another subscription of its sub-session receives no events", async () => {
    const { server, control, a, b } = await setUp({ reconnect: { idleStreamMs: 30 } });
    const subscriptions = [a, b].flatMap((subSession) =>
      [PROGRAM, OTHER_PROGRAM].map((p) => subSession.subscribeAccountDiffs([p])),
    );
    const streams = new Map<string, ScriptedSubscription[]>();
    for (let count = 0; count < subscriptions.length; count++) {
      const stream = await acceptDiffs(server);
      streams.set(stream.url, [...(streams.get(stream.url) ?? []), stream]);
    }
    await Promise.all(subscriptions.map(({ ready }) => ready));
    for (const [lost] of streams.values()) lost?.destroy();
    // Each sub-session has one lost stream and one silent stream. The silent streams do not delay the reconnects.
    const continuing = Promise.all([a.continue(), b.continue()]);
    for (let count = 0; count < streams.size; count++) await acceptDiffs(server);
    await continuing;
    const asked = [await control.expect("continueSessionV1"), await control.expect("continueSessionV1")];
    expect(asked.map(({ sessionId }) => sessionId).toSorted()).toEqual([idOf(0), idOf(1)]);
  });

  test("a subscription reconnects without waiting for another stream whose buffer is full", async () => {
    const { server, a, b } = await setUp({ maxBufferedEvents: 5 });
    const lost = a.subscribeAccountDiffs([PROGRAM]);
    const stream = await acceptDiffs(server);
    b.subscribeAccountDiffs([PROGRAM]);
    const stuck = await acceptDiffs(server);
    stream.destroy();
    await until(() => isParked(lost), "it is parked");
    stuck.notify(NOTIFICATION, 7, ...Array.from({ length: 20 }, (_, index) => diff(110, `d${index}`)));
    await acceptDiffs(server);
    await until(() => lost.connection.state === "up", "it is back");
  });

  test("a subscription that waits to reconnect ends on unsubscribe() and on shutdown()", async () => {
    const { server, run, control, a, b, c } = await setUp();
    const parked = [a, b].map((subSession) => subSession.subscribeAccountDiffs([PROGRAM]));
    const streams = [await acceptDiffs(server), await acceptDiffs(server)];
    c.subscribeAccountDiffs([PROGRAM]);
    await acceptDiffs(server);
    await Promise.all(parked.map(({ ready }) => ready));
    for (const stream of streams) stream.destroy();
    await until(() => parked.every(isParked), "both are parked");
    await parked[0]!.unsubscribe();
    await a.continue();
    expect(await control.expect("continueSessionV1")).toMatchObject({ sessionId: idOf(0) });
    await run.shutdown();
    expect(await run.closed).toEqual({ reason: "shutdown" });
    await until(() => server.connections.every(({ isOpen }) => !isOpen), "all are closed");
    await settle();
    expect(server.connections).toHaveLength(4);
  });
});

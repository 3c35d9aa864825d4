import { describe, expect, onTestFinished, test } from "vitest";
import type { SessionCheckpoint } from "../../../src/session/checkpoint/session-checkpoint.js";
import type { ManagedBacktestSession } from "../../../src/session/managed-backtest-session.js";
import { type ScriptedControl, type ScriptedServer, startScriptedServer } from "../../support/scripted-server.js";
import {
  ACCOUNT,
  acceptDiffs,
  brief,
  CREATED,
  diff,
  newClient,
  OTHER_PROGRAM,
  PROGRAM,
  reattach,
  rejection,
  SESSION_ID,
  settle,
  startSession,
  take,
  takeAll,
  takeUntil,
  turn,
  until,
} from "../session-rig.js";

const NOTIFICATION = "accountDiffNotification";
const EXECUTING = { status: "executingBlockTransactions" };

async function setUp(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const standing = await startSession(server, newClient(server, options));
  return { server, ...standing };
}

/** Converts a checkpoint to JSON and back, as when it is saved to a file and loaded again. */
function carried(checkpoint: SessionCheckpoint): SessionCheckpoint {
  return JSON.parse(JSON.stringify(checkpoint)) as SessionCheckpoint;
}

/** Resumes with another client, and handles the server side. */
async function resume(
  server: ScriptedServer,
  checkpoint: SessionCheckpoint,
  options: Parameters<typeof newClient>[1] = {},
  replay: (control: ScriptedControl) => void = () => {},
): Promise<{ session: ManagedBacktestSession; control: ScriptedControl; last: unknown }> {
  const resuming = newClient(server, options).resumeSession(carried(checkpoint));
  const attached = await reattach(server, replay);
  return { session: await resuming, ...attached };
}

describe("the progress of a resumed session", () => {
  test("the progress of a resumed session starts at the highest slot that was delivered before the checkpoint", async () => {
    const { server, session, control } = await setUp();
    for (const [index, slot] of [100, 101, 102].entries()) control.respond(3 + index, "slotNotification", slot);
    await until(() => session.progress.done === 3n, "all slots");
    for (let last = ""; last !== "slot 101"; last = brief(await session.nextEvent()));
    const checkpoint = await session.detach();
    expect(checkpoint).toMatchObject({ sequence: "4", slot: "101" });

    const { session: resumed, control: next } = await resume(server, checkpoint);
    expect(resumed.progress).toEqual({ done: 2n, total: 4n });
    expect(resumed.coverage()).toEqual({ completed: false, highestSlot: 101n });
    expect(resumed.checkpoint().slot).toBe("101");
    next.respond(5, "slotNotification", 102);
    await until(() => resumed.progress.done === 3n, "the replayed slot");
    await resumed.shutdown();
  });

  test("if the checkpoint has no slot, the progress of a resumed session is 0 until the first slot arrives", async () => {
    const { server, session, control } = await setUp();
    control.respond(3, "slotNotification", 100);
    await takeUntil(session, "slot");
    const { slot: _, ...older } = await session.detach();

    const { session: resumed, control: next } = await resume(server, older);
    expect(resumed.progress).toEqual({ done: 0n, total: 4n });
    next.respond(4, "slotNotification", 101);
    await until(() => resumed.progress.done === 2n, "the first slot");
    await resumed.shutdown();
  });
});

describe("a checkpoint", () => {
  test("a checkpoint is plain JSON with the session and its delivered positions", async () => {
    const { session, control } = await setUp();
    control.respond(3, "status", EXECUTING);
    await until(() => session.diagnostics.queueLength === 2, "both events");
    expect(session.checkpoint()).toEqual({
      version: 1,
      sessionId: SESSION_ID,
      startSlot: "100",
      endSlot: "103",
      sequence: null,
      atStop: false,
      pendingContinue: null,
      stopsAhead: 1,
      subscriptions: [],
    });
    await session.nextEvent();
    expect(session.checkpoint()).toMatchObject({ sequence: "2", atStop: true, stopsAhead: 0 });
    await session.nextEvent();
    expect(session.checkpoint().sequence).toBe("3");
    expect(carried(session.checkpoint())).toEqual(session.checkpoint());
  });

  test("a checkpoint contains the position of the last delivered event for each subscription", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
    const diffs = await server.subscription();
    await diffs.accept("accountDiffSubscribe", 7);
    await diffs.accept("accountDiffSubscribe", 8);
    diffs.notify(NOTIFICATION, 7, diff(100, "a"), diff(101, "b"), diff(101, "c"), diff(102, "buffered"));
    await until(() => session.diagnostics.queueLength === 5, "all of it");
    await take(session, 4);
    const keys = [`${ACCOUNT} b 0`, `${ACCOUNT} c 0`];
    expect(session.checkpoint().subscriptions).toEqual([
      {
        id: "accountDiff-1",
        kind: "accountDiff",
        filters: [PROGRAM, OTHER_PROGRAM],
        config: {},
        complete: false,
        cursors: [{ slot: "101", keys }, null],
      },
    ]);
  });

  test("a checkpoint contains no API key, header or address", async () => {
    const { server, session } = await setUp({ apiKey: "check-key-1234", headers: { "X-Team": "header-value-9" } });
    session.subscribeAccountDiffs([PROGRAM]);
    await acceptDiffs(server);
    const text = JSON.stringify(session.checkpoint());
    for (const secret of ["check-key", "header-value", "127.0.0.1", "endpoint", "://"]) expect(text).not.toContain(secret);
  });

  test("a checkpoint contains the name of the session if it has one", async () => {
    const server = await startScriptedServer();
    const starting = newClient(server).startSession({ startSlot: 1, endSlot: 2, name: "my-run" });
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(1, "sessionCreated", { ...CREATED, session_name: "my-run" });
    expect((await starting).checkpoint()).toMatchObject({ sessionName: "my-run", sequence: null });
  });

  test("a checkpoint omits unsubscribed subscriptions, and keeps completed subscriptions", async () => {
    const { server, session } = await setUp();
    const left = session.subscribeAccountDiffs([PROGRAM]);
    await acceptDiffs(server, 1);
    session.subscribeAccountDiffs([OTHER_PROGRAM]);
    const done = await acceptDiffs(server, 2);
    await left.unsubscribe();
    done.notify(NOTIFICATION, 2, diff(103, "last"));
    done.complete(2);
    await done.ended;
    await until(() => session.diagnostics.queueLength === 2, "the last one");
    // The subscription has ended, but its last event has not been delivered. The checkpoint therefore has `complete: false`.
    expect(session.checkpoint().subscriptions).toMatchObject([{ filters: [OTHER_PROGRAM], complete: false }]);
    await takeUntil(session, "accountDiff");
    await until(() => session.checkpoint().subscriptions[0]?.complete === true, "its end");
  });

  test("a checkpoint can be taken while the connection is lost", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    diffs.notify(NOTIFICATION, 7, diff(100, "a"));
    await takeUntil(session, "accountDiff");
    const before = session.checkpoint();
    server.refuse("control", 503, 50);
    server.refuse("subscription", 503, 50);
    control.destroy();
    diffs.destroy();
    await until(() => session.connection.state === "down", "the loss");
    expect(session.checkpoint()).toEqual(before);
  });

  test("a checkpoint can be taken after the end of the session", async () => {
    const { session, control } = await setUp();
    control.respond(3, "completed", {});
    await takeAll(session);
    await session.closed;
    expect(session.checkpoint()).toMatchObject({ sequence: "3", pendingContinue: null });
  });

  test("a checkpoint contains a continue request only if the request has been sent", async () => {
    const { server, session, control } = await setUp();
    await session.nextEvent();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await server.subscription();
    const { id } = await diffs.expect("accountDiffSubscribe");
    const continuing = session.continue({ advanceCount: 3 });
    await turn();
    expect(session.checkpoint()).toMatchObject({ atStop: true, pendingContinue: null });
    diffs.acknowledge(id, 7);
    await continuing;
    await control.expect("continue");
    const request = '{"method":"continue","params":{"advanceCount":3,"transactions":[],"modifyAccountStates":{}}}';
    expect(session.checkpoint()).toMatchObject({ atStop: false, pendingContinue: { request, received: false } });
    control.respond(3, "slotNotification", 100);
    await session.nextEvent();
    expect(session.checkpoint()).toMatchObject({ atStop: false, pendingContinue: { request, received: true } });
    control.respond(4, "readyForContinue");
    await session.nextEvent();
    expect(session.checkpoint()).toMatchObject({ atStop: true, pendingContinue: null });
  });
});

describe("a session that is resumed from a checkpoint", () => {
  test("a session that is resumed from a checkpoint delivers each event after the checkpoint exactly once", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    control.respond(3, "slotNotification", 100);
    diffs.notify(NOTIFICATION, 7, diff(100, "a"), diff(101, "b"), diff(101, "c"));
    await until(() => session.diagnostics.queueLength === 5, "all of it");
    // Reads four of the five events: both control events, and then two of the three diffs.
    await take(session, 4);
    const checkpoint = await session.detach();

    const again = await resume(server, checkpoint, {}, (attached) => {
      attached.respond(4, "slotNotification", 101);
    });
    expect(again.last).toBe(3);
    expect(again.session.info.sessionId).toBe(SESSION_ID);
    const stream = await server.subscription();
    const { config } = await stream.accept("accountDiffSubscribe", 9);
    expect(config).toMatchObject({ address_type: "program", replayFromSlot: 101 });
    stream.notify(NOTIFICATION, 9, diff(101, "b"), diff(101, "c"), diff(102, "d"));
    stream.complete(9);
    again.control.respond(5, "completed", {});
    const events = (await takeAll(again.session)).map(brief);
    expect(events).toContain("slot 101");
    expect(events.filter((event) => event.startsWith("diff"))).toEqual(["diff c", "diff d"]);
    expect(again.session.diagnostics.duplicatesDropped).toBe(1);
    expect(await again.session.closed).toEqual({ reason: "completed" });
    expect(again.session.checkpoint().subscriptions).toMatchObject([{ complete: true }]);
  });

  test("a session that is resumed from a checkpoint requests the whole history if nothing had been delivered", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    await acceptDiffs(server);
    const again = await resume(server, await session.detach());
    expect(again.last).toBeNull();
    const stream = await server.subscription();
    expect((await stream.accept("accountDiffSubscribe", 1)).config).not.toHaveProperty("replayFromSlot");
  });

  test("a resumed session does not request a subscription that was already complete in the checkpoint", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const done = await acceptDiffs(server);
    session.subscribeAccounts([ACCOUNT], { intraSlotUpdates: true });
    const accounts = await server.subscription();
    await accounts.accept("accountSubscribe", 3);
    done.complete(7);
    await done.ended;
    await until(() => session.checkpoint().subscriptions[0]?.complete === true, "its end");
    const again = await resume(server, await session.detach());
    const stream = await server.subscription();
    const { filter, config } = await stream.accept("accountSubscribe", 4);
    expect(filter).toBe(ACCOUNT);
    expect(config).toMatchObject({ intraSlotUpdates: true });
    await settle();
    const subscriptions = again.session.checkpoint().subscriptions.map(({ kind, complete }) => ({ kind, complete }));
    expect(subscriptions).toEqual([
      { kind: "accountDiff", complete: true },
      { kind: "account", complete: false },
    ]);
  });

  test("if a session is resumed at a stop, run() sends a continue request without waiting for another stop", async () => {
    const { server, session } = await setUp();
    await session.nextEvent();
    const again = await resume(server, await session.detach());
    const running = again.session.run({ step: 5 });
    const next = running.next();
    expect(await again.control.expect("continue")).toMatchObject({ advanceCount: 5 });
    again.control.respond(3, "completed", {});
    while (!(await next).done && (await running.next()).done !== true);
  });

  test("a resumed session does not report `continueUncertain` if the replay contains the response to the continue request", async () => {
    const { server, session, control } = await setUp();
    await session.nextEvent();
    await session.continue();
    await control.expect("continue");
    const checkpoint = session.checkpoint();
    control.destroy();
    await session.detach();
    const again = await resume(server, checkpoint, { timeouts: { continueTimeoutMs: 50 } }, (attached) => {
      attached.respond(3, "slotNotification", 100);
      attached.respond(4, "readyForContinue");
    });
    const events = await takeUntil(again.session, "readyForContinue");
    expect(events.map(brief)).toEqual(["resumed control", "slot 100", "readyForContinue"]);
    await again.session.continue();
    await again.control.expect("continue");
  });

  test("run() of a resumed session emits `continueUncertain`, and then resends the continue request from the checkpoint", async () => {
    const { server, session, control } = await setUp();
    await session.nextEvent();
    await session.continue({ advanceCount: 2 });
    await control.expect("continue");
    const checkpoint = await session.detach();
    const again = await resume(server, checkpoint, { timeouts: { continueTimeoutMs: 50 } });
    const events: string[] = [];
    const running = (async () => {
      for await (const event of again.session.run()) events.push(brief(event));
    })();
    // The resent request has the `advanceCount` of the request in the checkpoint.
    expect(await again.control.expect("continue")).toMatchObject({ advanceCount: 2 });
    expect(events).toEqual(["resumed control", "continueUncertain"]);
    again.control.respond(3, "completed", {});
    await running;
  });

  test("a resumed session never resends a continue request that contains transactions", async () => {
    const { server, session, control } = await setUp();
    await session.nextEvent();
    await session.continue({ transactions: ["AQ=="] });
    await control.expect("continue");
    const again = await resume(server, await session.detach(), { timeouts: { continueTimeoutMs: 10 } });
    const running = again.session.run();
    expect(brief((await running.next()).value)).toBe("resumed control");
    expect(brief((await running.next()).value)).toBe("continueUncertain");
    const next = running.next();
    await settle();
    expect(again.control.unexpected()).toEqual([]);
    again.control.respond(3, "completed", {});
    expect(brief((await next).value)).toBe("completed");
  });

  test("a resumed session delivers the remaining events if the server has completed the session", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    await acceptDiffs(server);
    const checkpoint = await session.detach();
    const resuming = newClient(server).resumeSession(carried(checkpoint));
    const control = await server.control();
    await control.expect("attachBacktestSession");
    // A replayed event may arrive before the response to the attach request.
    control.respond(2, "readyForContinue");
    control.respond(undefined, "sessionAttached", CREATED);
    await control.expect("resumeAttachedSession");
    control.respond(3, "slotNotification", 100);
    control.respond(4, "completed", {});
    const stream = await acceptDiffs(server);
    stream.notify(NOTIFICATION, 7, diff(100, "a"));
    stream.complete(7);
    const events = (await takeAll(await resuming)).map(brief);
    expect(events.filter((event) => !event.startsWith("resumed"))).toEqual([
      "readyForContinue",
      "slot 100",
      "diff a",
      "completed",
    ]);
  });

  test("a resumed session uses the endpoints that the server sends in response to the attach request", async () => {
    const { server, session } = await setUp();
    const before = session.info;
    const checkpoint = await session.detach();
    const resuming = newClient(server).resumeSession(carried(checkpoint));
    const control = await server.control();
    await control.expect("attachBacktestSession");
    control.respond(undefined, "sessionAttached", { ...CREATED, rpc_endpoint: "/moved/here" });
    await control.expect("resumeAttachedSession");
    control.respond(undefined, "success");
    const { info } = await resuming;
    expect(info.rpcEndpoint).not.toBe(before.rpcEndpoint);
    expect(info.rpcEndpoint).toBe(`${server.httpUrl}/moved/here`);
  });
});

describe("a continue request that was sent before a stop was delivered", () => {
  test("if a session was continued before detach(), run() of the resumed session sends no continue request for the replayed readyForContinue", async () => {
    const { server, session, control } = await setUp();
    // The first stop has arrived, but is not delivered yet.
    await until(() => session.diagnostics.queueLength === 1, "the opening stop");
    await session.continue({ advanceCount: 2 });
    await control.expect("continue");
    const again = await resume(server, await session.detach(), {}, (attached) => {
      attached.respond(2, "readyForContinue");
      attached.respond(3, "slotNotification", 100);
    });
    const running = again.session.run({ step: 1 });
    for (const expected of ["resumed control", "readyForContinue", "slot 100"]) {
      expect(brief((await running.next()).value)).toBe(expected);
    }
    const next = running.next();
    await settle();
    expect(again.control.unexpected()).toEqual([]);
    again.control.respond(4, "readyForContinue");
    expect(brief((await next).value)).toBe("readyForContinue");
    const last = running.next();
    expect(await again.control.expect("continue")).toMatchObject({ advanceCount: 1 });
    again.control.respond(5, "completed", {});
    await last;
  });

  test("run() of a resumed session does not treat the first readyForContinue as the response to an earlier continue request", async () => {
    const server = await startScriptedServer();
    const starting = newClient(server).startSession({ startSlot: 100, endSlot: 103 });
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(1, "sessionCreated", CREATED);
    const session = await starting;
    await session.continue({ advanceCount: 2 });
    await control.expect("continue");
    const again = await resume(server, await session.detach(), {}, (attached) => {
      attached.respond(2, "readyForContinue");
    });
    const running = again.session.run({ step: 1 });
    expect(brief((await running.next()).value)).toBe("resumed control");
    expect(brief((await running.next()).value)).toBe("readyForContinue");
    const next = running.next();
    await settle();
    expect(again.control.unexpected()).toEqual([]);
    again.control.respond(3, "completed", {});
    await next;
  });

  test("if a resumed session reports a gap, run() sends a continue request at the first readyForContinue after the gap", async () => {
    const { server, session, control } = await setUp();
    await session.nextEvent();
    await session.continue();
    await control.expect("continue");
    control.respond(3, "readyForContinue");
    await until(() => session.diagnostics.queueLength === 1, "its response, which is buffered");
    await session.continue();
    await control.expect("continue");
    const checkpoint = await session.detach();
    expect(checkpoint).toMatchObject({ sequence: "2", stopsAhead: 1, pendingContinue: { received: false } });
    const again = await resume(server, checkpoint, {}, (attached) => {
      attached.respond(9, "slotNotification", 101);
      attached.respond(10, "readyForContinue");
    });
    const running = again.session.run({ step: 1 });
    for (const expected of ["resumed control", "gap control", "slot 101", "readyForContinue"]) {
      expect(brief((await running.next()).value)).toBe(expected);
    }
    const last = running.next();
    await again.control.expect("continue");
    again.control.respond(11, "completed", {});
    await last;
  });

  test("run() sends the next continue request only after the response to the previous request has been delivered", async () => {
    const { session, control } = await setUp();
    await until(() => session.diagnostics.queueLength === 1, "the opening stop");
    await session.continue({ advanceCount: 2 });
    await control.expect("continue");
    control.respond(3, "slotNotification", 100);
    control.respond(4, "readyForContinue");
    await until(() => session.diagnostics.queueLength === 3, "its answer");
    const running = session.run({ step: 1 });
    for (const expected of ["readyForContinue", "slot 100"]) expect(brief((await running.next()).value)).toBe(expected);
    await settle();
    expect(control.unexpected()).toEqual([]);
    expect(brief((await running.next()).value)).toBe("readyForContinue");
    const last = running.next();
    await control.expect("continue");
    control.respond(5, "completed", {});
    await last;
  });
});

describe("detach()", () => {
  test("detach() closes the connections without closing the session, and returns the delivered positions", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    await session.nextEvent();
    control.respond(3, "slotNotification", 100);
    await until(() => session.diagnostics.queueLength === 1, "the slot");
    const checkpoint = await session.detach();
    expect(checkpoint).toMatchObject({ sequence: "2", atStop: true });
    expect(await session.closed).toEqual({ reason: "detached" });
    await Promise.all([control.ended, diffs.ended]);
    expect(control.received.some((text) => text.includes("closeBacktestSession"))).toBe(false);
    expect((await rejection(session.nextEvent())).code).toBe("controlClosed");
    expect((await rejection(session.continue())).code).toBe("controlClosed");
  });

  test("detach() works while the connection is lost, and stops the reconnect attempts", async () => {
    const { server, session, control } = await setUp({ reconnect: { initialBackoffMs: 60_000, maxBackoffMs: 60_000 } });
    await session.nextEvent();
    control.destroy();
    await until(() => session.connection.state === "down", "the loss");
    expect(await session.detach()).toMatchObject({ sequence: "2" });
    expect(await session.closed).toEqual({ reason: "detached" });
    expect(server.connections).toHaveLength(1);
  });

  test("detach() cancels a continue request that waits to be sent", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    await server.subscription().then((stream) => stream.expect("accountDiffSubscribe"));
    const waiting = rejection(session.continue());
    expect((await session.detach()).pendingContinue).toBeNull();
    expect((await waiting).code).toBe("controlClosed");
  });
});

describe("a session that cannot be resumed", () => {
  test("resumeSession() fails at once if the server has deleted the session", async () => {
    const { server, session } = await setUp();
    const checkpoint = await session.detach();
    const failing = rejection(newClient(server).resumeSession(checkpoint));
    const control = await server.control();
    await control.expect("attachBacktestSession");
    control.respond(undefined, "error", { sessionNotFound: { session_id: SESSION_ID } });
    const error = await failing;
    expect(error).toMatchObject({ code: "controlFailed", remote: { kind: "sessionNotFound" } });
    expect(error.message).toMatch(/it was closed or has expired, or the server was restarted: start another session$/);
  });

  test("if the session is busy, resumeSession() retries, and the limit `initialConnectMs` does not apply", async () => {
    const { server, session } = await setUp();
    const checkpoint = await session.detach();
    let lateMs = 0;
    const resuming = newClient(server, { platform: { now: () => Date.now() + lateMs } }).resumeSession(checkpoint);
    const busy = await server.control();
    await busy.expect("attachBacktestSession");
    lateMs = 60_000;
    busy.respond(undefined, "error", { sessionOwnershipBusy: { reason: "owned by another" } });
    await reattach(server);
    expect((await resuming).info.sessionId).toBe(SESSION_ID);
  });

  test("if the server refuses a resume with sessionOwnershipBusy, the resume is retried within the budget, and then fails with sessionBusy", async () => {
    const { server, session } = await setUp();
    const checkpoint = await session.detach();
    const failing = rejection(newClient(server, { reconnect: { maxAttempts: 5 } }).resumeSession(checkpoint));
    let attaches = 0;
    const serve = async (): Promise<void> => {
      for (;;) {
        const control = await server.control();
        await control.expect("attachBacktestSession");
        attaches++;
        control.respond(undefined, "error", { sessionOwnershipBusy: { reason: "owned by another" } });
        await control.ended;
      }
    };
    // After the last attach request, `serve` waits for another connection and rejects after a timeout.
    void serve().catch(() => {});
    const error = await failing;
    expect(error).toMatchObject({ code: "sessionBusy", remote: { kind: "sessionOwnershipBusy" } });
    expect(error.message).toContain("another connection is attached to the session");
    expect(attaches).toBe(6);
  });

  test("cancelling a resume closes its connections, and the session stays on the server", async () => {
    const { server, session } = await setUp();
    const checkpoint = await session.detach();
    const cancelling = new AbortController();
    const failing = rejection(newClient(server).resumeSession(checkpoint, { signal: cancelling.signal }));
    const control = await server.control();
    await control.expect("attachBacktestSession");
    cancelling.abort();
    expect((await failing).code).toBe("cancelled");
    await control.ended;
  });
});

test("a resumed session is shut down when its signal is aborted", async () => {
  const { server, session } = await setUp();
  const aborting = new AbortController();
  onTestFinished(() => aborting.abort());
  const resuming = newClient(server).resumeSession(carried(await session.detach()), { signal: aborting.signal });
  const { control } = await reattach(server);
  const again = await resuming;
  aborting.abort();
  await control.expectClose();
  expect(await again.closed).toMatchObject({ reason: "shutdown", error: { code: "cancelled" } });
});

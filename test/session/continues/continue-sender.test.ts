import { describe, expect, test } from "vitest";
import type { ManagedBacktestSession } from "../../../src/session/managed-backtest-session.js";
import { FakePlatform } from "../../support/fake-platform.js";
import { type ScriptedControl, type ScriptedServer, startScriptedServer } from "../../support/scripted-server.js";
import { badContinues, badContinueTos } from "../bad-input.js";
import {
  acceptDiffs,
  advanceToAttempt,
  brief,
  CREATE,
  CREATED,
  clockOf,
  diff,
  newClient,
  PROGRAM,
  reattach,
  rejection,
  settle,
  speedUp,
  startSession,
  take,
  takeAll,
  takeUntil,
  until,
} from "../session-rig.js";

async function setUp(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const standing = await startSession(server, newClient(server, options));
  await takeUntil(standing.session, "readyForContinue");
  return { server, ...standing };
}

/** Starts a session whose client runs on a virtual clock. */
async function setUpWithClock(timeouts: { continueTimeoutMs?: number } = {}) {
  const clock = new FakePlatform();
  return { clock, ...(await setUp({ platform: clockOf(clock), timeouts })) };
}

/** Whether a promise has already settled. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol();
  return (await Promise.race([promise.catch(() => {}), settle().then(() => open)])) !== open;
}

/**
 * Accepts the attach request of a reconnected client. The test sends the replayed events and the response to the resume request.
 */
async function beginReattach(server: ScriptedServer): Promise<ScriptedControl> {
  const control = await server.control();
  await control.expect("attachBacktestSession");
  control.respond(undefined, "sessionAttached", CREATED);
  await control.expect("resumeAttachedSession");
  return control;
}

describe("a continue request", () => {
  test("a continue request is sent unchanged, and continue() resolves when the request is sent, not when it is answered", async () => {
    const { session, control } = await setUp();
    const account = {
      data: { data: "", encoding: "base64" as const },
      executable: false,
      lamports: 2n ** 60n,
      owner: PROGRAM,
      space: 0,
    };
    await session.continue({
      advanceCount: 18_446_744_073_709_551_615n,
      transactions: ["AQ=="],
      modifyAccountStates: { [PROGRAM]: account },
    });
    expect(await control.expect("continue")).toEqual({
      advanceCount: 18_446_744_073_709_551_615n,
      transactions: ["AQ=="],
      modifyAccountStates: { [PROGRAM]: { ...account, lamports: 2n ** 60n } },
    });
    control.respond(3, "readyForContinue");
    await takeUntil(session, "readyForContinue");
    await session.continueTo({ slot: 102, batchIndex: 3 });
    expect(await control.expect("continueTo")).toEqual({ slot: 102, batchIndex: 3 });
  });

  test.each(badContinues)("continue() rejects if its parameters are invalid: %s", async (_, field, params) => {
    const { session } = await setUp();
    expect(await rejection(session.continue(params as never))).toMatchObject({ code: "invalidParams", field });
  });

  test.each(badContinueTos)("continueTo() rejects if its parameters are invalid: %s", async (_, field, params) => {
    const { session } = await setUp();
    expect(await rejection(session.continueTo(params as never))).toMatchObject({ code: "invalidParams", field });
  });

  test("a continue request waits until every subscription is up", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const continuing = session.continue();
    const diffs = await server.subscription();
    const { id } = await diffs.expect("accountDiffSubscribe");
    expect(await hasSettled(continuing)).toBe(false);
    expect(control.received).toHaveLength(1);
    diffs.acknowledge(id, 7);
    await continuing;
    await control.expect("continue");
  });

  test("a continue request waits until a lost subscription and the lost control connection are up again", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    await until(() => session.diagnostics.frames >= 3, "the acknowledgement");
    diffs.destroy();
    control.destroy();
    const [again, diffsAgain] = [await beginReattach(server), await server.subscription()];
    const { id } = await diffsAgain.expect("accountDiffSubscribe");
    const continuing = session.continue();
    again.respond(undefined, "success");
    expect(await hasSettled(continuing)).toBe(false);
    diffsAgain.acknowledge(id, 7);
    await continuing;
    await again.expect("continue");
  });

  test("a continue request does not wait for the close handshake of an unsubscribed subscription", async () => {
    const { server, session, control } = await setUp({ timeouts: { closeMs: 60_000 } });
    const unwanted = session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    await unwanted.ready;
    diffs.goSilent();
    const leaving = unwanted.unsubscribe();
    await session.continue();
    await control.expect("continue");
    diffs.destroy();
    await leaving;
  });

  test("if the connection is lost before a continue request is sent, the request is sent once when the connection is back", async () => {
    const { server, session, control } = await setUp();
    control.destroy();
    await until(() => session.connection.state === "down", "the loss");
    const continuing = session.continue({ advanceCount: 5 });
    const { control: next } = await reattach(server);
    await continuing;
    expect(await next.expect("continue")).toMatchObject({ advanceCount: 5 });
    next.respond(3, "slotNotification", 100);
    next.respond(4, "readyForContinue");
    expect((await takeUntil(session, "readyForContinue")).map(brief)).toEqual([
      "resumed control",
      "slot 100",
      "readyForContinue",
    ]);
    expect(server.connections.flatMap(({ received }) => received).filter((text) => text.includes('"continue"'))).toHaveLength(1);
  });

  test("continue() is refused while an earlier continue request waits for a connection or for its response", async () => {
    const { server, session, control } = await setUp();
    await session.continue();
    await control.expect("continue");
    expect(await rejection(session.continue())).toMatchObject({ code: "continueInFlight" });
    control.respond(3, "readyForContinue");
    await takeUntil(session, "readyForContinue");
    control.destroy();
    await until(() => session.connection.state === "down", "the loss");
    const waiting = session.continue();
    expect(await rejection(session.continue())).toMatchObject({ code: "continueInFlight" });
    expect(await rejection(session.continueTo({ slot: 102 }))).toMatchObject({ code: "continueInFlight" });
    const { control: next } = await reattach(server);
    await waiting;
    await next.expect("continue");
  });

  test("while a continue request is in flight, continueTo() is accepted and continue() is refused", async () => {
    const { session, control } = await setUp();
    await session.continue({ advanceCount: 50 });
    await control.expect("continue");
    control.respond(3, "slotNotification", 100);
    await takeUntil(session, "slot");
    await session.continueTo({ slot: 101 });
    expect(await control.expect("continueTo")).toEqual({ slot: 101, batchIndex: null });
    expect(await rejection(session.continue())).toMatchObject({ code: "continueInFlight" });
    control.respond(4, "paused", { slot: 101 });
    await takeUntil(session, "paused");
    await session.continue();
    await control.expect("continue");
  });

  test("if a waiting continueTo request is cancelled, the next continue request is sent", async () => {
    const { server, session, control } = await setUp();
    await session.continue({ advanceCount: 2 });
    await control.expect("continue");
    // The continueTo request waits for this subscription, which is not up yet.
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await server.subscription();
    await diffs.expect("accountDiffSubscribe");
    const controller = new AbortController();
    const cutting = rejection(session.continueTo({ slot: 101 }, { signal: controller.signal }));
    control.respond(3, "readyForContinue");
    await takeUntil(session, "readyForContinue");
    controller.abort();
    expect(await cutting).toMatchObject({ code: "cancelled" });
    diffs.acknowledge(1, 7);
    await session.continue();
    await control.expect("continue");
  });

  test("if the server refuses a continue request, the session can send a new continue request", async () => {
    const { session, control } = await setUp();
    await session.continue({ transactions: ["AQ=="] });
    await control.expect("continue");
    control.respond(3, "error", { invalidTransactionFormat: { index: 0, error: "too short" } });
    await takeUntil(session, "error");
    await session.continue();
    await control.expect("continue");
  });

  test("a session does not treat its first readyForContinue as the response to an earlier continue request", async () => {
    const server = await startScriptedServer();
    const starting = newClient(server).startSession(CREATE);
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(1, "sessionCreated", CREATED);
    const session = await starting;
    await session.continue({ advanceCount: 2 });
    await control.expect("continue");
    control.respond(2, "status", { status: "programAccountsLoaded" });
    control.respond(3, "readyForContinue");
    await takeUntil(session, "readyForContinue");
    expect(await rejection(session.continue())).toMatchObject({ code: "continueInFlight" });
    control.respond(4, "slotNotification", 100);
    control.respond(5, "readyForContinue");
    await takeUntil(session, "readyForContinue");
    await session.continue();
    await control.expect("continue");
  });

  test("a continue request can be cancelled while it waits, and is then not sent", async () => {
    const { server, session, control } = await setUp();
    control.destroy();
    await until(() => session.connection.state === "down", "the loss");
    const controller = new AbortController();
    const waiting = rejection(session.continue({}, { signal: controller.signal }));
    controller.abort(new Error("changed my mind"));
    expect(await waiting).toMatchObject({ code: "cancelled", cause: { message: "changed my mind" } });
    expect(await rejection(session.continue({}, { signal: AbortSignal.abort() }))).toMatchObject({ code: "cancelled" });
    const { control: next } = await reattach(server);
    await settle();
    expect(next.received).toHaveLength(2);
  });

  test("a continue request is refused after the event `completed`", async () => {
    const { server, session, control } = await setUp();
    // Without this subscription, the session would end right after `completed`.
    session.subscribeAccountDiffs([PROGRAM]);
    await acceptDiffs(server);
    control.respond(3, "completed", {});
    await until(() => session.coverage().completed, "completed");
    expect(await rejection(session.continue())).toMatchObject({
      code: "controlClosed",
      message: expect.stringContaining("completed"),
    });
  });

  test("a continue request that waits for the reconnect is rejected at once if the session completes", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    await acceptDiffs(server);
    control.destroy();
    await until(() => session.connection.state === "down", "the loss");
    const waiting = rejection(session.continue());
    const next = await server.control();
    await next.expect("attachBacktestSession");
    next.respond(3, "completed", {});
    next.respond(undefined, "sessionAttached", CREATED);
    await next.expect("resumeAttachedSession");
    next.respond(undefined, "success");
    // The event `completed` rejects the waiting continue request. The open subscription does not delay the rejection.
    expect(await waiting).toMatchObject({ code: "controlClosed" });
  });

  test("a continue request after shutdown or a failure rejects with the reason why the session ended", async () => {
    const { session, control } = await setUp();
    control.respond(3, "error", "noMoreBlocks");
    await takeUntil(session, "error");
    const { error } = await session.closed;
    expect(error).toMatchObject({ code: "remote", remote: { kind: "noMoreBlocks" } });
    expect(await rejection(session.continue())).toBe(error);
    const { session: other } = await setUp();
    await other.shutdown();
    expect(await rejection(other.continue())).toMatchObject({
      code: "controlClosed",
      message: expect.stringContaining("shutdown"),
    });
  });
});

describe("a continue request whose connection was lost", () => {
  /** The client's clock runs this many times as fast as real time, so that the timeouts end sooner. */
  const SPEED = 40;

  async function cutAfterContinue(session: ManagedBacktestSession, control: ScriptedControl, params: object = {}): Promise<void> {
    await session.continue(params);
    await control.expect("continue");
    control.destroy();
  }

  test("after a reconnect, a session reports `continueUncertain` if no event shows that the server received the continue request", async () => {
    speedUp(SPEED);
    const { server, session, control } = await setUp();
    await cutAfterContinue(session, control);
    const { control: next } = await reattach(server);
    expect(await take(session, 2)).toEqual([
      { type: "continuity", kind: "resumed", channel: "control", after: 2n },
      { type: "continuity", kind: "continueUncertain", request: "continue" },
    ]);
    await settle();
    expect(next.received).toHaveLength(2);
    // After `continueUncertain`, the user may send another request.
    await session.continue({ advanceCount: 3 });
    expect(await next.expect("continue")).toMatchObject({ advanceCount: 3 });
    expect(await rejection(session.continue())).toMatchObject({ code: "continueInFlight" });
  });

  test("if the server replays a `status` after a reconnect, a session reports no `continueUncertain` event", async () => {
    speedUp(SPEED);
    const { server, session, control } = await setUp();
    await cutAfterContinue(session, control);
    const next = await beginReattach(server);
    next.respond(3, "status", { status: "executingBlockTransactions" });
    next.respond(undefined, "success");
    await take(session, 2);
    await settle();
    next.respond(4, "slotNotification", 100);
    next.respond(5, "readyForContinue");
    expect((await takeUntil(session, "readyForContinue")).map(brief)).toEqual(["slot 100", "readyForContinue"]);
  });

  test("if the server replays `readyForContinue` after a reconnect, a session reports no `continueUncertain` event", async () => {
    const { clock, server, session, control } = await setUpWithClock();
    await cutAfterContinue(session, control);
    await advanceToAttempt(clock, session);
    await reattach(server, (again) => again.respond(3, "readyForContinue"));
    expect((await takeUntil(session, "readyForContinue")).map(brief)).toEqual(["resumed control", "readyForContinue"]);
    await clock.advance(2_000);
    expect(session.diagnostics.queueLength).toBe(0);
  });

  test("if the connection is lost twice and the server then replays a `slot`, a session reports no `continueUncertain` event", async () => {
    // The clock is slower than with `SPEED`, so that the second connection is lost before the session reports `continueUncertain`.
    speedUp(10);
    const { server, session, control } = await setUp({ reconnect: { initialBackoffMs: 2_000, maxBackoffMs: 2_000 } });
    await cutAfterContinue(session, control);
    const { control: second } = await reattach(server);
    second.destroy();
    await reattach(server, (again) => again.respond(3, "slotNotification", 100));
    expect((await takeUntil(session, "slot")).map(brief)).toEqual(["resumed control", "resumed control", "slot 100"]);
  });

  test("a session reports `continueUncertain` for a continueTo request if the connection is lost", async () => {
    speedUp(SPEED);
    const { server, session, control } = await setUp();
    await session.continueTo({ slot: 101 });
    await control.expect("continueTo");
    control.destroy();
    await reattach(server);
    expect((await take(session, 2)).at(-1)).toEqual({ type: "continuity", kind: "continueUncertain", request: "continueTo" });
  });
});

describe("run()", () => {
  test("run() sends a continue request after each readyForContinue and paused, and ends at `completed`", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    const serve = async () => {
      expect(await control.expect("continue")).toEqual({
        advanceCount: 18_446_744_073_709_551_615n,
        transactions: [],
        modifyAccountStates: {},
      });
      control.respond(3, "slotNotification", 100);
      control.respond(4, "paused", { slot: 101, batchIndex: 2 });
      await control.expect("continue");
      control.respond(5, "completed", {});
      await control.expectClose();
    };
    const [events] = await Promise.all([takeAll(session.run()), serve()]);
    expect(events.map(brief)).toEqual(["readyForContinue", "slot 100", "paused 101/2", "completed"]);
  });

  test("after readyForContinue, run() sends `continue` only when the consumer requests the next event", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    const run = session.run({ step: 2 });
    expect(brief((await run.next()).value)).toBe("readyForContinue");
    await settle();
    // The server has received only the create request, because the consumer has not requested the next event.
    expect(control.received).toHaveLength(1);
    void run.next();
    expect(await control.expect("continue")).toMatchObject({ advanceCount: 2 });
    await run.return?.();
  });

  test.each([-1, 0.5, Number.NaN, 2n ** 64n])("run() refuses a step of %s", async (step) => {
    const { session } = await setUp();
    expect(() => session.run({ step })).toThrow(expect.objectContaining({ code: "invalidParams", field: "advanceCount" }));
  });

  test("run() sends a continue request at once if a stop was delivered before run() was called", async () => {
    const { session, control } = await setUp();
    const run = session.run({ step: 1 });
    const next = run.next();
    await control.expect("continue");
    control.respond(3, "slotNotification", 100);
    expect(brief((await next).value)).toBe("slot 100");
  });

  test("run() sends no continue request and reads no event after its loop exits", async () => {
    const { session, control } = await setUp();
    control.respond(3, "readyForContinue");
    for await (const event of session.run()) {
      expect(brief(event)).toBe("readyForContinue");
      break;
    }
    await control.expect("continue");
    control.respond(4, "slotNotification", 100);
    control.respond(5, "readyForContinue");
    await settle();
    expect(session.diagnostics.queueLength).toBe(2);
    expect(control.received).toHaveLength(2);
    await takeUntil(session, "readyForContinue");
    await session.continue();
    await control.expect("continue");
  });

  test("if run() ends while it waits for an event, the next run() delivers the event", async () => {
    const { session, control } = await setUp();
    const waiting = session.run();
    const next = waiting.next();
    await control.expect("continue");
    await waiting.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    control.respond(3, "readyForContinue");
    const stopped = session.run();
    expect(brief((await stopped.next()).value)).toBe("readyForContinue");
    await stopped.return?.();
    expect(await stopped.next()).toEqual({ done: true, value: undefined });
    await settle();
    expect(control.received).toHaveLength(2);
  });

  test("run() ends when its signal is aborted, without ending the session", async () => {
    const { session, control } = await setUp();
    const controller = new AbortController();
    const run = session.run({ signal: controller.signal });
    const next = rejection(run.next());
    await control.expect("continue");
    controller.abort();
    expect(await next).toMatchObject({ code: "cancelled" });
    expect(await run.next()).toEqual({ done: true, value: undefined });
    control.respond(3, "slotNotification", 100);
    expect(brief(await session.nextEvent())).toBe("slot 100");
  });

  test("run() resends a continue request if no event follows `continueUncertain` within `continueTimeoutMs`", async () => {
    speedUp(40);
    const { server, session, control } = await setUp({ timeouts: { continueTimeoutMs: 2_000 } });
    const run = session.run({ step: 3 });
    const events: string[] = [];
    const running = (async () => {
      for await (const event of run) events.push(brief(event));
    })();
    await control.expect("continue");
    control.destroy();
    const { control: next } = await reattach(server);
    expect(await next.expect("continue")).toMatchObject({ advanceCount: 3 });
    next.respond(3, "completed", {});
    await next.expectClose();
    await running;
    expect(events).toEqual(["resumed control", "continueUncertain", "completed"]);
  });

  test("run() does not resend a continue request if an event follows `continueUncertain` within `continueTimeoutMs`", async () => {
    const { clock, server, session, control } = await setUpWithClock({ continueTimeoutMs: 2_000 });
    const events: string[] = [];
    const running = (async () => {
      for await (const event of session.run()) events.push(brief(event));
    })();
    await control.expect("continue");
    control.destroy();
    await advanceToAttempt(clock, session);
    const { control: next } = await reattach(server);
    await until(() => events.includes("resumed control"), "the resumed control connection");
    await clock.advance(1_000);
    await until(() => events.includes("continueUncertain"), "continueUncertain");
    await clock.advance(1_900);
    next.respond(3, "slotNotification", 100);
    await until(() => events.includes("slot 100"), "the slot");
    await clock.advance(4_000);
    next.respond(4, "completed", {});
    // This line fails if the client sends another continue request before the close request.
    await next.expectClose();
    await running;
  });

  test("run() resends a lost continue request if the session reported `continueUncertain` before the run", async () => {
    const { clock, server, session, control } = await setUpWithClock({ continueTimeoutMs: 2_000 });
    await session.continue({ advanceCount: 4 });
    await control.expect("continue");
    control.destroy();
    await advanceToAttempt(clock, session);
    const { control: next } = await reattach(server);
    expect((await take(session, 1)).map(brief)).toEqual(["resumed control"]);
    await clock.advance(1_000);
    expect((await take(session, 1)).map(brief)).toEqual(["continueUncertain"]);
    await clock.advance(4_000);
    await next.roundTrip();
    expect(next.received).toHaveLength(2);
    const running = takeAll(session.run());
    await clock.advance(2_000);
    expect(await next.expect("continue")).toMatchObject({ advanceCount: 4 });
    next.respond(3, "completed", {});
    await next.expectClose();
    await running;
  });

  test("run() does not report `continueUncertain` for a continue request that was sent after the reconnect", async () => {
    const { clock, server, session, control } = await setUpWithClock({ continueTimeoutMs: 2_000 });
    const events: string[] = [];
    const running = (async () => {
      for await (const event of session.run({ step: 1 })) events.push(brief(event));
    })();
    await control.expect("continue");
    control.destroy();
    await advanceToAttempt(clock, session);
    const { control: next } = await reattach(server);
    await until(() => events.includes("resumed control"), "the resumed control connection");
    await clock.advance(500);
    next.respond(3, "readyForContinue");
    await next.expect("continue");
    await clock.advance(5_000);
    next.respond(4, "completed", {});
    // This line fails if the client sends another continue request before the close request.
    await next.expectClose();
    await running;
    expect(events).toEqual(["resumed control", "readyForContinue", "completed"]);
  });

  test("detach() leaves no timer if the control connection is paused and a continue request is in flight", async () => {
    const clock = new FakePlatform();
    const server = await startScriptedServer();
    // The first event, `readyForContinue`, fills the buffer and pauses the control connection.
    const client = newClient(server, { platform: clockOf(clock), maxBufferedEvents: 1 });
    const { session, control } = await startSession(server, client);
    await new Promise((resolve) => {
      session.on("readyForContinue", () => resolve(session.continue().then(() => session.detach())));
    });
    await control.expect("continue");
    expect(await session.closed).toEqual({ reason: "detached" });
    expect(clock.timers).toEqual([]);
  });

  test("run() sets no timer if the session was detached after a `continueUncertain` event", async () => {
    const { clock, server, session, control } = await setUpWithClock({ continueTimeoutMs: 2_000 });
    await session.continue({ advanceCount: 4 });
    control.destroy();
    await advanceToAttempt(clock, session);
    await reattach(server);
    expect((await take(session, 1)).map(brief)).toEqual(["resumed control"]);
    await clock.advance(1_000);
    expect((await take(session, 1)).map(brief)).toEqual(["continueUncertain"]);
    await session.detach();
    expect(await takeAll(session.run())).toEqual([]);
    expect(clock.timers).toEqual([]);
  });

  const isContinue = (frame: string): boolean => frame.includes('"method":"continue"');

  /** Starts a run that loses two connections. The run reports `continueUncertain` before the second loss. */
  async function loseUncertainContinue() {
    const { clock, server, session, control } = await setUpWithClock({ continueTimeoutMs: 2_000 });
    const events: string[] = [];
    const running = (async () => {
      for await (const event of session.run({ step: 1 })) events.push(brief(event));
    })();
    await control.expect("continue");
    control.destroy();
    await advanceToAttempt(clock, session);
    const { control: second } = await reattach(server);
    await until(() => events.includes("resumed control"), "the resumed control connection");
    await clock.advance(1_000);
    await until(() => events.includes("continueUncertain"), "continueUncertain");
    second.destroy();
    await advanceToAttempt(clock, session);
    const third = await server.control();
    await third.expect("attachBacktestSession");
    const finish = async (): Promise<void> => {
      third.respond(5, "completed", {});
      await third.expectClose();
      await running;
    };
    return { clock, third, events, finish };
  }

  test.each<[when: string, waitMs: number]>([
    ["while the connection is down", 2_000],
    ["after the re-attach and before the replay", 1_900],
  ])("if `continueTimeoutMs` expires %s, run() sends its next continue request only after the replay", async (_, waitMs) => {
    const { clock, third, events, finish } = await loseUncertainContinue();
    await clock.advance(waitMs);
    third.respond(undefined, "sessionAttached", CREATED);
    await third.expect("resumeAttachedSession");
    third.respond(undefined, "success");
    await until(() => events.filter((event) => event === "resumed control").length === 2, "the second re-attach");
    await clock.advance(500);
    await third.roundTrip();
    expect(third.received.filter(isContinue)).toEqual([]);
    third.respond(3, "slotNotification", 100);
    third.respond(4, "readyForContinue");
    // The replayed events show that the first continue request was executed. `run()` now sends the second continue request.
    await third.expect("continue");
    await clock.advance(4_000);
    await finish();
    expect(third.received.filter(isContinue)).toHaveLength(1);
    expect(events.slice(3)).toEqual(["slot 100", "readyForContinue", "completed"]);
  });

  test("run() does not resend a continue request if a replayed event shows that the request arrived", async () => {
    const { clock, third, events, finish } = await loseUncertainContinue();
    await clock.advance(2_000);
    third.respond(undefined, "sessionAttached", CREATED);
    await third.expect("resumeAttachedSession");
    third.respond(3, "slotNotification", 100);
    third.respond(undefined, "success");
    await until(() => events.includes("slot 100"), "the replayed slot");
    await clock.advance(4_000);
    await third.roundTrip();
    expect(third.received.filter(isContinue)).toEqual([]);
    third.respond(4, "readyForContinue");
    await third.expect("continue");
    await finish();
  });

  test("run() resends a continue request if no replayed event shows that the request arrived", async () => {
    const { clock, third, events, finish } = await loseUncertainContinue();
    await clock.advance(2_000);
    third.respond(undefined, "sessionAttached", CREATED);
    await third.expect("resumeAttachedSession");
    third.respond(undefined, "success");
    await until(() => events.filter((event) => event === "resumed control").length === 2, "the second re-attach");
    await clock.advance(1_000);
    await clock.advance(2_000);
    await third.expect("continue");
    await finish();
    expect(events.filter((event) => event === "continueUncertain")).toHaveLength(1);
  });

  test("run() never resends a continue request with transactions or account changes", async () => {
    const { clock, server, session, control } = await setUpWithClock({ continueTimeoutMs: 1_000 });
    await session.continue({ transactions: ["AQ=="] });
    await control.expect("continue");
    const events: string[] = [];
    const running = (async () => {
      for await (const event of session.run()) events.push(brief(event));
    })();
    control.destroy();
    await advanceToAttempt(clock, session);
    const { control: next } = await reattach(server);
    await until(() => events.includes("resumed control"), "the resumed control connection");
    await clock.advance(5_000);
    next.respond(3, "completed", {});
    // This line fails if the client sends another continue request before the close request.
    await next.expectClose();
    await running;
    expect(events).toEqual(["resumed control", "continueUncertain", "completed"]);
  });

  test("run() delivers notifications, and throws the error when the session fails", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    const run = session.run();
    const events: string[] = [];
    const serve = async () => {
      await control.expect("continue");
      diffs.notify("accountDiffNotification", 7, diff(100, "a"));
      await until(() => events.includes("diff a"), "the diff");
      control.respond(3, "error", { internal: { error: "out of memory" } });
    };
    const running = rejection(
      (async () => {
        for await (const event of run) events.push(brief(event));
      })(),
    );
    await serve();
    expect(await running).toMatchObject({ code: "remote", remote: { kind: "internal" } });
    expect(events).toEqual(["readyForContinue", "diff a", "error internal"]);
  });
});

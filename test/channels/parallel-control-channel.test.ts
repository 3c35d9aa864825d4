import { describe, expect, test, vi } from "vitest";
import type { ManagedEvent } from "../../src/channels/managed-events.js";
import {
  CONTROL_ID,
  createdOf,
  idOf,
  RUN_CREATE,
  rangeOf,
  reattachRun,
  runOf,
  sendSessionEvent,
  standUp,
  startRun,
} from "../session/parallel-rig.js";
import { brief, clockOf, newClient, rejection, settle, takeAll, until } from "../session/session-rig.js";
import { FakePlatform } from "../support/fake-platform.js";
import { type ScriptedControl, startScriptedServer } from "../support/scripted-server.js";

/** Starts a parallel run, and accepts the connection of its create request. */
async function startCreate(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const starting = newClient(server, options).startParallelSession(RUN_CREATE);
  // Prevents an unhandled rejection if the start fails before the test awaits it.
  starting.catch(() => {});
  const control = await server.control();
  const created = await control.expect("createBacktestSession");
  return { server, starting, control, created };
}

function lines(events: readonly ManagedEvent[]): string[] {
  return events.map(brief);
}

/** Reads `count` events of a sub-session, and returns them as text. */
async function takeFrom(session: { nextEvent(): Promise<ManagedEvent> }, count: number): Promise<string[]> {
  const events: ManagedEvent[] = [];
  while (events.length < count) events.push(await session.nextEvent());
  return lines(events);
}

describe("a parallel create request", () => {
  test("a parallel create request contains a name and a token, and by default no disconnect timeout", async () => {
    const { control, created, starting } = await startCreate();
    expect(created).toMatchObject({
      startSlot: 100,
      endSlot: 199,
      parallel: true,
      disconnectTimeoutSecs: null,
      name: expect.stringMatching(/^js-[0-9a-f]{16}$/),
      createToken: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    standUp(control, 1);
    await starting;
  });

  test("a parallel create request contains the disconnect timeout that the user sets", async () => {
    const server = await startScriptedServer();
    const starting = newClient(server).startParallelSession({ ...RUN_CREATE, disconnectTimeoutSecs: 20, name: false });
    const control = await server.control();
    const created = await control.expect("createBacktestSession");
    expect(created).toMatchObject({ startSlot: 100, endSlot: 199, parallel: true, disconnectTimeoutSecs: 20 });
    expect([created.name, created.createToken]).toEqual([undefined, undefined]);
    standUp(control, 1);
    await starting;
  });

  test("startParallelSession reads the addresses of the sub-sessions from `sessionCreated` and their ranges from `sessionsCreatedV2`", async () => {
    const { server, control, starting } = await startCreate();
    // These frames arrive before `sessionsCreatedV2`, so the client has not created the sub-sessions yet.
    control.respond(undefined, "status", { status: "startingRuntime" });
    control.respond(undefined, "sessionCreated", { ...createdOf(1), task_id: "task-1", session_name: "run-1" });
    sendSessionEvent(control, 1, 1, "status", { status: "startingRuntime" });
    control.respond(undefined, "sessionCreated", createdOf(0));
    control.respond(undefined, "sessionCreated", { ...createdOf(2), rpc_endpoint: "https://elsewhere.example/rpc" });
    control.respond(undefined, "sessionsCreatedV2", { ...runOf(3), control_session_name: "my-run" });
    const run = await starting;
    expect(run.controlSessionId).toBe(CONTROL_ID);
    expect(run.controlSessionName).toBe("my-run");
    expect(run.connection).toEqual({ state: "up" });
    expect(run.subSessions.map(({ info }) => info)).toEqual([
      {
        sessionId: idOf(0),
        rpcEndpoint: `${server.httpUrl}/backtest/${idOf(0)}`,
        wsEndpoint: `${server.httpUrl.replace("http", "ws")}/backtest/${idOf(0)}`,
      },
      {
        sessionId: idOf(1),
        rpcEndpoint: `${server.httpUrl}/backtest/${idOf(1)}`,
        wsEndpoint: `${server.httpUrl.replace("http", "ws")}/backtest/${idOf(1)}`,
        taskId: "task-1",
        sessionName: "run-1",
      },
      { sessionId: idOf(2), rpcEndpoint: "https://elsewhere.example/rpc", wsEndpoint: "wss://elsewhere.example/rpc" },
    ]);
    expect(run.subSessions.map(({ range }) => range)).toEqual([0, 1, 2].map(rangeOf));
    expect(await takeFrom(run.subSessions[1]!, 1)).toEqual(["status startingRuntime"]);
  });

  test.each<[string, Record<string, unknown>]>([
    ["no start and end slots", { start_slots: undefined, end_slots: undefined }],
    ["no end slots", { end_slots: undefined }],
    ["too few start slots", { start_slots: [100] }],
    ["too many end slots", { end_slots: [109, 119, 129] }],
    ["empty lists of start and end slots", { start_slots: [], end_slots: [] }],
    ["a sub-session without a sessionCreated", { session_ids: [idOf(0), idOf(7)] }],
  ])("if sessionsCreatedV2 has %s, startParallelSession reports that the server is too old", async (_, change) => {
    const { server, control, starting } = await startCreate();
    control.respond(undefined, "sessionCreated", createdOf(0));
    control.respond(undefined, "sessionCreated", createdOf(1));
    control.respond(undefined, "sessionsCreatedV2", { ...runOf(2), ...change });
    expect(await rejection(starting)).toMatchObject({ code: "protocol", message: expect.stringContaining("too old") });
    await control.ended;
    await settle();
    // The client does not retry, because the response would be the same.
    expect(server.connections).toHaveLength(1);
  });

  test.each([
    ["no sub-session", { session_ids: [], start_slots: [], end_slots: [] }],
    ["the same sub-session twice", { session_ids: [idOf(0), idOf(0)] }],
  ])("a parallel create request fails if sessionsCreatedV2 lists %s", async (_, change) => {
    const { control, starting } = await startCreate();
    control.respond(undefined, "sessionCreated", createdOf(0));
    control.respond(undefined, "sessionsCreatedV2", { ...runOf(2), ...change });
    expect(await rejection(starting)).toMatchObject({ code: "protocol", message: expect.stringContaining("sub-sessions") });
  });

  test("if a repeated parallel create request is refused with sessionNameTaken, the client repeats the request with another name", async () => {
    const { server, control, created, starting } = await startCreate();
    control.destroy();
    const second = await server.control();
    expect(await second.expect("createBacktestSession")).toEqual(created);
    second.respond(undefined, "error", { sessionNameTaken: { session_name: created.name } });
    const third = await server.control();
    const renamed = await third.expect("createBacktestSession");
    expect(renamed).toEqual({ ...created, name: expect.any(String), createToken: expect.any(String) });
    expect(renamed.name).not.toBe(created.name);
    standUp(third, 1);
    expect((await starting).subSessions).toHaveLength(1);
  });

  test("after a lost connection, the client resends a parallel create request and drops the responses of the lost connection", async () => {
    const { server, control, created, starting } = await startCreate();
    control.respond(undefined, "sessionCreated", createdOf(5));
    sendSessionEvent(control, 5, 1, "readyForContinue");
    control.respond(undefined, "sessionCreated", createdOf(0));
    await settle();
    control.destroy();
    const second = await server.control();
    expect(await second.expect("createBacktestSession")).toEqual(created);
    standUp(second, 2);
    const run = await starting;
    expect(run.subSessions.map(({ info }) => info.sessionId)).toEqual([idOf(0), idOf(1)]);
    expect(await takeFrom(run.subSessions[0]!, 1)).toEqual(["readyForContinue"]);
  });

  test("if the last frame of the response is lost, a parallel create request is sent again with the same name and token", async () => {
    const { server, control, created, starting } = await startCreate();
    // The server sends the first frame of the response, and closes the connection before the last frame.
    control.respond(undefined, "sessionCreated", createdOf(0));
    control.close(1012);
    const second = await server.control();
    expect(await second.expect("createBacktestSession")).toEqual(created);
    standUp(second, 1);
    expect((await starting).subSessions).toHaveLength(1);
  });

  test("a parallel create request fails without a retry if the server creates more than 10,000 sub-sessions", async () => {
    const { server, control, starting } = await startCreate();
    for (let index = 0; index <= 10_000; index++) {
      const id = `backtest_${String(index).padStart(32, "0")}`;
      control.respond(undefined, "sessionCreated", { session_id: id, rpc_endpoint: "/" });
    }
    expect(await rejection(starting)).toMatchObject({
      code: "protocol",
      message: expect.stringContaining("more than 10000 sub-sessions"),
    });
    expect(server.connections).toHaveLength(1);
  });

  test("the timeout parallelCreateMs of a parallel create request starts again with each response", async () => {
    const clock = new FakePlatform();
    const timeouts = { parallelCreateMs: 1_000, handshakeMs: 200 };
    const { server, control, starting } = await startCreate({ timeouts, platform: clockOf(clock) });
    for (let index = 0; index < 4; index++) {
      await clock.advance(900);
      expect(clock.timers).not.toContain(1_000);
      control.respond(undefined, "sessionCreated", createdOf(index));
      await until(() => clock.timers.includes(1_000), "the restart of the timeout");
    }
    // If no response arrives within the timeout, the client retries the create request.
    await clock.advance(1_000);
    await control.ended;
    await clock.advance(20);
    const second = await server.control();
    await second.expect("createBacktestSession");
    standUp(second, 1);
    const run = await starting;
    expect(run.subSessions).toHaveLength(1);
    // The scripted server does not respond to the close request, so the client waits for `closeMs`.
    const closing = run.shutdown();
    await clock.advance(150);
    await closing;
  });

  test.each<[string, object]>([
    ["a known error", { method: "error", params: { invalidRequest: { error: "no capacity" } } }],
    ["an unknown error", { method: "error", params: { outOfCapacity: { error: "no capacity" } } }],
  ])("a parallel create request is not sent again if the server responds with %s", async (_, refusal) => {
    const { control, server, starting } = await startCreate();
    control.respond(undefined, "sessionCreated", createdOf(0));
    control.send(refusal);
    expect(await rejection(starting)).toMatchObject({ code: "create", message: expect.stringContaining("no capacity") });
    await control.ended;
    expect(server.connections).toHaveLength(1);
  });
});

describe("the events of a run", () => {
  test("the events of a parallel run are delivered to their sub-sessions in order", async () => {
    const server = await startScriptedServer();
    const { run, control } = await startRun(server, newClient(server), 3);
    sendSessionEvent(control, 1, 2, "slotNotification", 110);
    sendSessionEvent(control, 0, 2, "slotNotification", 100);
    sendSessionEvent(control, 1, 3, "slotNotification", 111);
    sendSessionEvent(control, 2, 2, "paused", { slot: 120, batchIndex: 4 });
    sendSessionEvent(control, 0, 3, "status", { status: "decodedTransactions" });
    expect(await takeFrom(run.subSessions[0]!, 3)).toEqual(["readyForContinue", "slot 100", "status decodedTransactions"]);
    expect(await takeFrom(run.subSessions[1]!, 3)).toEqual(["readyForContinue", "slot 110", "slot 111"]);
    expect(await takeFrom(run.subSessions[2]!, 2)).toEqual(["readyForContinue", "paused 120/4"]);
  });

  test("a sub-session of a parallel run delivers an event with an unknown method as `unrecognized`", async () => {
    const server = await startScriptedServer();
    const warn = vi.fn();
    const logger = { debug() {}, info() {}, warn, error() {} };
    const { run, control } = await startRun(server, newClient(server, { logger }), 2);
    sendSessionEvent(control, 1, 2, "somethingNew", { a: 1 });
    sendSessionEvent(control, 9, 1, "readyForContinue");
    control.send('{"no":"method"}');
    control.respond(undefined, "success");
    control.respond(undefined, "status", { status: "startingRuntime" });
    const events = await Promise.all([run.subSessions[1]!.nextEvent(), run.subSessions[1]!.nextEvent()]);
    expect(events[1]).toMatchObject({ type: "unrecognized", raw: expect.stringContaining("somethingNew") });
    expect(run.subSessions.map(({ diagnostics }) => diagnostics.malformed)).toEqual([0, 1]);
    await until(() => warn.mock.calls.length >= 2, "two warnings");
    await settle();
    // Two warnings: one for the unknown sub-session, one for the frame without a method. `success` and `status` cause no warning.
    expect(warn).toHaveBeenCalledTimes(2);
  });

  test("after an event with an unknown method, the attach request of a parallel run contains the sequence id of this event", async () => {
    const server = await startScriptedServer();
    const { control } = await startRun(server, newClient(server), 1);
    sendSessionEvent(control, 0, 2, "somethingNew");
    await settle();
    control.destroy();
    const { lasts } = await reattachRun(server, 1);
    expect(lasts).toEqual({ [idOf(0)]: 2 });
  });

  test("each sub-session delivers an error of the whole parallel run, and then fails", async () => {
    const server = await startScriptedServer();
    const { run, control } = await startRun(server, newClient(server), 2);
    control.respond(undefined, "error", { internal: { error: "out of memory" } });
    for (const subSession of run.subSessions) {
      expect(await takeFrom(subSession, 2)).toEqual(["readyForContinue", "error internal"]);
      expect(await rejection(subSession.nextEvent())).toMatchObject({ code: "remote", remote: { kind: "internal" } });
    }
    expect(await run.closed).toMatchObject({ reason: "failed", error: { code: "remote" } });
    await control.expectClose();
  });
});

describe("a lost control connection", () => {
  test("the attach request for a parallel run contains the last sequence ids of the sub-sessions", async () => {
    const server = await startScriptedServer();
    const starting = newClient(server).startParallelSession(RUN_CREATE);
    const control = await server.control();
    await control.expect("createBacktestSession");
    for (const index of [0, 1, 2]) control.respond(undefined, "sessionCreated", createdOf(index));
    control.respond(undefined, "sessionsCreatedV2", runOf(3));
    const run = await starting;
    sendSessionEvent(control, 0, 18_446_744_073_709_551_614n, "readyForContinue");
    sendSessionEvent(control, 2, 1, "readyForContinue");
    sendSessionEvent(control, 2, 2, "slotNotification", 120);
    await until(() => run.subSessions[2]!.diagnostics.queueLength === 2, "its events");
    control.close(1012);
    const { control: second, lasts } = await reattachRun(server, 3);
    expect(lasts).toEqual({ [idOf(0)]: 18_446_744_073_709_551_614n, [idOf(2)]: 2 });
    // The client has no sequence id of this sub-session, so the server replays all events of the sub-session.
    sendSessionEvent(second, 1, 1, "readyForContinue");
    sendSessionEvent(second, 1, 2, "slotNotification", 110);
    expect(await takeFrom(run.subSessions[1]!, 3)).toEqual(["resumed control", "readyForContinue", "slot 110"]);
    expect(await takeFrom(run.subSessions[2]!, 3)).toEqual(["readyForContinue", "slot 120", "resumed control"]);
  });

  test("after a lost control connection, a sub-session drops the replayed events that it has already received", async () => {
    const server = await startScriptedServer();
    const { run, control } = await startRun(server, newClient(server), 2);
    for (const sequence of [2, 3, 4]) sendSessionEvent(control, 0, sequence, "slotNotification", 98 + sequence);
    await until(() => run.subSessions[0]!.diagnostics.queueLength === 4, "its events");
    control.destroy();
    const replay = (second: ScriptedControl): void => {
      for (const sequence of [3, 4, 5]) sendSessionEvent(second, 0, sequence, "slotNotification", 98 + sequence);
      sendSessionEvent(second, 1, 1, "readyForContinue");
      sendSessionEvent(second, 1, 2, "slotNotification", 110);
    };
    await reattachRun(server, 2, replay);
    const [first, other] = run.subSessions as [(typeof run.subSessions)[0], (typeof run.subSessions)[0]];
    expect(await takeFrom(first, 6)).toEqual([
      "readyForContinue",
      "slot 100",
      "slot 101",
      "slot 102",
      "resumed control",
      "slot 103",
    ]);
    expect(await takeFrom(other, 3)).toEqual(["readyForContinue", "resumed control", "slot 110"]);
    expect(first.diagnostics).toMatchObject({ duplicatesDropped: 2, reconnects: { control: 1 } });
    expect(other.diagnostics).toMatchObject({ duplicatesDropped: 1, reconnects: { control: 1 } });
  });

  test("after a lost control connection, events that arrive before the response to the attach request are delivered, and a gap is reported", async () => {
    const server = await startScriptedServer();
    const { run, control } = await startRun(server, newClient(server), 1);
    sendSessionEvent(control, 0, 2, "slotNotification", 100);
    await until(() => run.subSessions[0]!.diagnostics.queueLength === 2, "its events");
    control.destroy();
    const second = await server.control();
    await second.expect("attachParallelControlSessionV2");
    // This error has a sequence id, so it is an event of the sub-session. The events 3 and 4 are missing: the client must report a
    // gap.
    sendSessionEvent(second, 0, 5, "error", { invalidRequest: { error: "no" } });
    sendSessionEvent(second, 0, 6, "slotNotification", 104);
    second.respond(undefined, "parallelSessionAttachedV2", { control_session_id: CONTROL_ID, session_ids: [idOf(0)] });
    const events = [];
    while (events.length < 6) events.push(await run.subSessions[0]!.nextEvent());
    expect(events).toMatchObject([
      { type: "readyForContinue" },
      { type: "slot", slot: 100n },
      { type: "continuity", kind: "gap", channel: "control", expected: 3n, got: 5n },
      { type: "error", error: { kind: "invalidRequest" } },
      { type: "slot", slot: 104n },
      { type: "continuity", kind: "resumed", channel: "control", after: 2n },
    ]);
  });

  test("a parallel run repeats a refused attach request while the run is busy, and every sub-session fails if the run no longer exists", async () => {
    const server = await startScriptedServer();
    const { run, control } = await startRun(server, newClient(server), 2);
    control.destroy();
    const busy = await server.control();
    await busy.expect("attachParallelControlSessionV2");
    busy.respond(undefined, "error", { sessionOwnershipBusy: { reason: "taken" } });
    await busy.ended;
    const gone = await server.control();
    await gone.expect("attachParallelControlSessionV2");
    gone.respond(undefined, "error", { sessionNotFound: { session_id: CONTROL_ID } });
    const end = await run.closed;
    expect(end).toMatchObject({ reason: "failed", error: { code: "controlFailed", remote: { kind: "sessionNotFound" } } });
    for (const subSession of run.subSessions) {
      expect(await takeFrom(subSession, 1)).toEqual(["readyForContinue"]);
      expect(await rejection(subSession.nextEvent())).toMatchObject({ code: "controlFailed" });
      expect(await subSession.closed).toMatchObject({ reason: "failed" });
    }
  });

  test("a parallel run stays open until the events of all its sub-sessions are delivered, and is then closed on the server", async () => {
    const server = await startScriptedServer();
    const { run, control } = await startRun(server, newClient(server), 2);
    for (const index of [0, 1]) sendSessionEvent(control, index, 2, "completed", {});
    await settle();
    for (const subSession of run.subSessions) {
      expect(run.connection).toEqual({ state: "up" });
      expect(lines(await takeAll(subSession))).toEqual(["readyForContinue", "completed"]);
    }
    await control.expectClose();
    expect(await run.closed).toEqual({ reason: "completed" });
    expect(server.connections).toHaveLength(1);
  });

  test("a parallel run is closed if its last sub-session completes during a re-attach", async () => {
    const server = await startScriptedServer();
    const { run, control } = await startRun(server, newClient(server), 2);
    sendSessionEvent(control, 0, 2, "completed", {});
    await until(() => run.subSessions[0]!.diagnostics.queueLength === 2, "its end");
    control.destroy();
    const second = await server.control();
    await second.expect("attachParallelControlSessionV2");
    sendSessionEvent(second, 1, 2, "completed", {});
    second.respond(undefined, "parallelSessionAttachedV2", { control_session_id: CONTROL_ID, session_ids: [idOf(0), idOf(1)] });
    for (const subSession of run.subSessions) await takeAll(subSession);
    await second.expectClose();
    expect(await run.closed).toEqual({ reason: "completed" });
  });
});

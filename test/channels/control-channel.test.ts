import { describe, expect, test } from "vitest";
import type { ManagedEvent } from "../../src/channels/managed-events.js";
import type { ManagedBacktestSession } from "../../src/session/managed-backtest-session.js";
import {
  acceptDiffs,
  brief,
  CREATE,
  CREATED,
  diff,
  newClient,
  PROGRAM,
  reattach,
  rejection,
  SESSION_ID,
  settle,
  startSession,
  take,
  takeAll,
  takeUntil,
} from "../session/session-rig.js";
import { type ScriptedControl, type ScriptedServer, startScriptedServer } from "../support/scripted-server.js";

const SLOT_MAX = 18_446_744_073_709_551_615n;

/** Sends `completed` from the server, and returns all events that the consumer has not read yet. */
async function finish(session: ManagedBacktestSession, control: ScriptedControl, sequence: number): Promise<string[]> {
  control.respond(sequence, "completed", {});
  const [events] = await Promise.all([takeAll(session), control.expectClose()]);
  return events.map(brief);
}

describe("a create request", () => {
  test("responses that arrive before sessionCreated are delivered as events, in order", async () => {
    const server = await startScriptedServer();
    const starting = newClient(server).startSession(CREATE);
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(1, "status", { status: "startingRuntime" });
    control.respond(2, "status", { status: "programAccountsLoaded" });
    control.respond(3, "sessionCreated", { ...CREATED, task_id: "task-1", session_name: "mine" });
    control.respond(4, "readyForContinue");
    const session = await starting;
    expect(session.info).toMatchObject({ sessionId: SESSION_ID, taskId: "task-1", sessionName: "mine" });
    const events = await take(session, 3);
    expect(events.map(brief)).toEqual(["status startingRuntime", "status programAccountsLoaded", "readyForContinue"]);
    await finish(session, control, 5);
  });

  test("if the connection is lost before the session is created, the client sends the same create request again", async () => {
    const server = await startScriptedServer();
    const starting = newClient(server).startSession({ ...CREATE, name: "Mine" });
    const first = await server.control();
    const params = await first.expect("createBacktestSession");
    expect(params).toMatchObject({ name: "mine", createToken: expect.stringMatching(/^[0-9a-f]{32}$/) });
    first.respond(1, "status", { status: "startingRuntime" });
    first.respond(2, "status", { status: "decodedTransactions" });
    first.destroy();
    const second = await server.control();
    expect(await second.expect("createBacktestSession")).toEqual(params);
    // The new connection uses the sequence ids 1 and 2 again. The client must not drop these responses as duplicates.
    second.respond(1, "status", { status: "startingRuntime" });
    second.respond(2, "sessionCreated", CREATED);
    second.respond(3, "readyForContinue");
    const session = await starting;
    expect(await finish(session, second, 4)).toEqual(["status startingRuntime", "readyForContinue", "completed"]);
    expect(session.diagnostics.duplicatesDropped).toBe(0);
    expect(session.diagnostics.reconnects).toEqual({});
  });

  test("if a repeated create request is refused with sessionNameTaken, the client repeats the request with another name", async () => {
    const server = await startScriptedServer();
    const starting = newClient(server).startSession(CREATE);
    const first = await server.control();
    const created = await first.expect("createBacktestSession");
    first.destroy();
    const second = await server.control();
    expect(await second.expect("createBacktestSession")).toEqual(created);
    second.respond(undefined, "error", { sessionNameTaken: { session_name: created.name } });
    const third = await server.control();
    const renamed = await third.expect("createBacktestSession");
    expect(renamed).toEqual({ ...created, name: expect.any(String), createToken: expect.any(String) });
    expect(renamed.name).not.toBe(created.name);
    expect(renamed.createToken).not.toBe(created.createToken);
    third.respond(1, "sessionCreated", CREATED);
    expect((await starting).info.sessionId).toBe(SESSION_ID);
  });

  test("startSession rejects if the server answers the retried create request with `sessionNameTaken`", async () => {
    const server = await startScriptedServer();
    const refused = rejection(newClient(server).startSession({ ...CREATE, name: "mine" }));
    const first = await server.control();
    await first.expect("createBacktestSession");
    first.destroy();
    const second = await server.control();
    await second.expect("createBacktestSession");
    second.respond(undefined, "error", { sessionNameTaken: { session_name: "mine" } });
    expect(await refused).toMatchObject({ code: "create", remote: { kind: "sessionNameTaken", sessionName: "mine" } });
  });

  test("each create request has a new name and token, but `name: false` omits both", async () => {
    const server = await startScriptedServer();
    const client = newClient(server);
    const creates: Record<string, unknown>[] = [];
    for (const create of [CREATE, CREATE, { ...CREATE, name: false as const }]) {
      creates.push((await startSession(server, client, create)).created);
    }
    const [one, two, unnamed] = creates;
    expect(one!.name).not.toBe(two!.name);
    expect(one!.createToken).not.toBe(two!.createToken);
    expect(unnamed).not.toHaveProperty("name");
    expect(unnamed).not.toHaveProperty("createToken");
  });

  test.each([
    [
      "sessionNameTaken",
      { sessionNameTaken: { session_name: "mine" } },
      { kind: "sessionNameTaken", sessionName: "mine" },
      /sessionNameTaken.*mine/,
    ],
    ["noMoreBlocks", "noMoreBlocks", { kind: "noMoreBlocks" }, /noMoreBlocks/],
    [
      "bundleNotFound",
      { bundleNotFound: { start_slot: SLOT_MAX, end_slot: SLOT_MAX } },
      { kind: "bundleNotFound", startSlot: SLOT_MAX, endSlot: SLOT_MAX },
      /bundleNotFound/,
    ],
    // After sessionOwnershipBusy, the client retries an attach request, but not a create request.
    [
      "sessionOwnershipBusy",
      { sessionOwnershipBusy: { reason: "x" } },
      { kind: "sessionOwnershipBusy", reason: "x" },
      /sessionOwnershipBusy/,
    ],
  ])("a create request fails at once if the server reports an error: %s", async (_, wire, remote, message) => {
    const server = await startScriptedServer();
    const starting = newClient(server).startSession(CREATE);
    const refused = rejection(starting);
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(1, "status", { status: "startingRuntime" });
    control.respond(2, "error", wire);
    const error = await refused;
    expect(error).toMatchObject({ code: "create", remote });
    expect(error.message).toMatch(message);
    await control.ended;
    expect(server.connections).toHaveLength(1);
  });

  test("a create request fails at once if the server reports an unknown error, and the message quotes the error", async () => {
    const server = await startScriptedServer();
    const refused = rejection(newClient(server).startSession(CREATE));
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(undefined, "error", { quotaExceeded: { hours: 3 } });
    const error = await refused;
    expect(error).toMatchObject({ code: "create", message: expect.stringContaining("quotaExceeded") });
    expect(error).not.toHaveProperty("remote");
  });

  test("a create request is sent again if no response arrives in time", async () => {
    const server = await startScriptedServer();
    const starting = newClient(server, { timeouts: { handshakeMs: 400 } }).startSession(CREATE);
    const first = await server.control();
    await first.expect("createBacktestSession");
    const second = await server.control();
    await second.expect("createBacktestSession");
    second.respond(1, "sessionCreated", CREATED);
    await expect(starting).resolves.toMatchObject({ info: { sessionId: SESSION_ID } });
    expect(await first.ended).toBe(1006);
  });
});

describe("a re-attach", () => {
  const endings: [string, (control: ScriptedControl) => void][] = [
    ["close code 1012", (control) => control.close(1012, "service restart")],
    ["close code 1000", (control) => control.close(1000)],
    ["close code 1008", (control) => control.close(1008)],
    ["close code 4321", (control) => control.close(4321, "unassigned")],
    ["a reset without a close frame", (control) => control.destroy()],
  ];
  test.each(endings)("a re-attach sends the last received sequence id if the connection ends with %s", async (_, end) => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    await session.continue();
    await control.expect("continue");
    control.respond(3, "slotNotification", 100);
    await takeUntil(session, "slot");
    end(control);
    const { control: next, last } = await reattach(server, (again) => {
      again.respond(4, "slotNotification", 101);
    });
    expect(last).toBe(3);
    expect(await finish(session, next, 5)).toEqual(["resumed control", "slot 101", "completed"]);
    expect(session.diagnostics).toMatchObject({ reconnects: { control: 1 }, duplicatesDropped: 0 });
  });

  test("a re-attach sends a sequence id above 2^53 without rounding it", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    control.respond(SLOT_MAX - 1n, "slotNotification", SLOT_MAX);
    const events = await takeUntil(session, "slot");
    expect(events.at(-1)).toEqual({ type: "slot", slot: SLOT_MAX });
    control.destroy();
    const { control: next, last } = await reattach(server);
    expect(last).toBe(SLOT_MAX - 1n);
    next.respond(SLOT_MAX, "completed", {});
    expect((await takeAll(session)).at(-1)).toEqual({ type: "completed" });
  });

  test("a re-attach requests the whole history if no response had a sequence id", async () => {
    const server = await startScriptedServer();
    const client = newClient(server);
    const starting = client.startSession({ ...CREATE, disconnectTimeoutSecs: 0 });
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(undefined, "sessionCreated", CREATED);
    const session = await starting;
    control.destroy();
    const { last } = await reattach(server);
    expect(last).toBeNull();
    await session.shutdown();
  });

  test("responses that arrive before the `success` of a re-attach are delivered as events", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    await takeUntil(session, "readyForContinue");
    control.destroy();
    const next = await server.control();
    await next.expect("attachBacktestSession");
    next.respond(3, "status", { status: "executingBlockTransactions" });
    next.respond(4, "slotNotification", 100);
    next.respond(undefined, "sessionAttached", CREATED);
    next.respond(5, "slotNotification", 101);
    await next.expect("resumeAttachedSession");
    next.respond(6, "error", { clerkError: { error: "a replayed one" } });
    next.respond(7, "status", { status: "executedBlockTransactions" });
    next.respond(undefined, "success");
    next.respond(8, "readyForContinue");
    expect(await finish(session, next, 9)).toEqual([
      "status executingBlockTransactions",
      "slot 100",
      "slot 101",
      // This replayed error has a sequence id, so the client delivers it as an event.
      "error clerkError",
      "status executedBlockTransactions",
      "resumed control",
      "readyForContinue",
      "completed",
    ]);
  });

  test("if too many responses arrive before the `success` of a re-attach, the client reconnects and continues after the last received response", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    await takeUntil(session, "readyForContinue");
    control.destroy();
    const flooded = await server.control();
    await flooded.expect("attachBacktestSession");
    flooded.respond(undefined, "sessionAttached", CREATED);
    await flooded.expect("resumeAttachedSession");
    const padding = " ".repeat(8 * 1024 * 1024);
    // The first eight frames together exceed the limit of 64 MiB.
    for (let i = 0; i < 9; i++) flooded.send(`${padding}{"seqId":${3 + i},"method":"slotNotification","params":${100 + i}}`);
    const { control: next, last } = await reattach(server);
    expect(last).toBe(9);
    expect(await finish(session, next, 10)).toEqual([
      ...Array.from({ length: 7 }, (_, i) => `slot ${100 + i}`),
      "resumed control",
      "completed",
    ]);
  });

  test("duplicates that arrive before or after a re-attach are dropped and counted", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    control.respond(3, "slotNotification", 100);
    control.respond(3, "slotNotification", 100);
    control.respond(2, "readyForContinue");
    await takeUntil(session, "slot");
    control.destroy();
    const { control: next } = await reattach(server, (again) => {
      again.respond(1, "status", { status: "startingRuntime" });
      again.respond(3, "slotNotification", 100);
      again.respond(4, "slotNotification", 101);
    });
    expect(await finish(session, next, 5)).toEqual(["resumed control", "slot 101", "completed"]);
    expect(session.diagnostics.duplicatesDropped).toBe(4);
  });

  test("a re-attach accepts handshake responses that have a sequence id", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    await takeUntil(session, "readyForContinue");
    control.destroy();
    const next = await server.control();
    await next.expect("attachBacktestSession");
    next.respond(3, "sessionAttached", CREATED);
    await next.expect("resumeAttachedSession");
    next.respond(4, "success");
    expect(await finish(session, next, 5)).toEqual(["resumed control", "completed"]);
  });

  test("a re-attach is retried while another connection owns the session", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    await takeUntil(session, "readyForContinue");
    control.destroy();
    for (let i = 0; i < 3; i++) {
      const busy = await server.control();
      await busy.expect("attachBacktestSession");
      busy.respond(undefined, "error", { sessionOwnershipBusy: { reason: "handoff" } });
      await busy.ended;
      expect(session.connection).toMatchObject({ state: "down", reason: expect.stringContaining("handoff") });
    }
    const { control: next } = await reattach(server);
    expect(await finish(session, next, 3)).toEqual(["resumed control", "completed"]);
  });

  test("a re-attach fails when the server has refused all attempts with sessionOwnershipBusy", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server, { reconnect: { maxAttempts: 3 } }));
    await takeUntil(session, "readyForContinue");
    control.destroy();
    for (let i = 0; i < 3; i++) {
      const busy = await server.control();
      await busy.expect("attachBacktestSession");
      busy.respond(undefined, "error", { sessionOwnershipBusy: { reason: "another tab" } });
    }
    const error = await rejection(session.nextEvent());
    expect(error).toMatchObject({ code: "controlFailed", message: expect.stringMatching(/3 attempts.*another tab/) });
  });

  test.each([
    [{ sessionNotFound: { session_id: SESSION_ID } }, "sessionNotFound"],
    ["sessionOwnerMismatch", "sessionOwnerMismatch"],
    [{ internal: { error: "out of order" } }, "internal"],
    [{ invalidRequest: { error: "no such thing" } }, "invalidRequest"],
  ])("a re-attach fails at once if the server sends an error without a sequence id: %j", async (wire, kind) => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    await takeUntil(session, "readyForContinue");
    control.destroy();
    const next = await server.control();
    await next.expect("attachBacktestSession");
    next.respond(undefined, "error", wire);
    const error = await rejection(session.nextEvent());
    expect(error).toMatchObject({ code: "controlFailed", remote: { kind }, message: expect.stringContaining(kind) });
    expect(await session.closed).toEqual({ reason: "failed", error });
    expect(session.connection).toMatchObject({ state: "failed", reason: expect.stringContaining(kind) });
    expect(server.connections).toHaveLength(2);
  });

  test("a re-attach fails at once if an unknown error arrives between sessionAttached and success", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    await takeUntil(session, "readyForContinue");
    control.destroy();
    const next = await server.control();
    await next.expect("attachBacktestSession");
    next.respond(undefined, "sessionAttached", CREATED);
    await next.expect("resumeAttachedSession");
    next.respond(undefined, "error", { movedToAnotherRegion: {} });
    const error = await rejection(session.nextEvent());
    expect(error).toMatchObject({ code: "controlFailed", message: expect.stringContaining("movedToAnotherRegion") });
  });

  test.each([
    ["before sessionAttached", false],
    ["before success", true],
  ])("during a re-attach, a `completed` event that arrives %s ends the session", async (_, attached) => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    await takeUntil(session, "readyForContinue");
    control.destroy();
    const next = await server.control();
    await next.expect("attachBacktestSession");
    if (attached) {
      next.respond(undefined, "sessionAttached", CREATED);
      await next.expect("resumeAttachedSession");
    }
    next.respond(3, "slotNotification", 103);
    next.respond(4, "completed", {});
    if (!attached) {
      next.respond(undefined, "sessionAttached", CREATED);
      await next.expect("resumeAttachedSession");
    }
    next.respond(undefined, "success");
    const [events] = await Promise.all([takeAll(session), next.expectClose()]);
    expect(events.map(brief).filter((line) => line !== "resumed control")).toEqual(["slot 103", "completed"]);
    expect(await session.closed).toEqual({ reason: "completed" });
  });

  test("a session fails if the server replays a terminal error after a re-attach", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    await takeUntil(session, "readyForContinue");
    control.destroy();
    const next = await server.control();
    await next.expect("attachBacktestSession");
    next.respond(3, "error", { advanceSlotFailed: { slot: 101, error: "bank hash mismatch" } });
    next.respond(undefined, "sessionAttached", CREATED);
    expect((await take(session, 1)).map(brief)).toEqual(["error advanceSlotFailed"]);
    const error = await rejection(session.nextEvent());
    expect(error).toMatchObject({
      code: "remote",
      remote: { kind: "advanceSlotFailed", slot: 101n, error: "bank hash mismatch" },
    });
    expect(await session.closed).toEqual({ reason: "failed", error });
    await next.expectClose();
  });

  test("a damaged frame causes a re-attach, and no event is lost", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    control.send('{"seqId":3,"method":"slotNot', { seqId: 4, method: "slotNotification", params: 101 });
    const { control: next, last } = await reattach(server, (again) => {
      again.respond(3, "slotNotification", 100);
      again.respond(4, "slotNotification", 101);
    });
    expect(last).toBe(2);
    expect(await finish(session, next, 5)).toEqual(["readyForContinue", "resumed control", "slot 100", "slot 101", "completed"]);
    expect(session.diagnostics.malformed).toBe(0);
  });

  test.each([
    ["before sessionAttached", false],
    ["after the response to the resume request", true],
  ])("a frame that is damaged again after a re-attach is skipped and reported as a gap (%s)", async (_, attached) => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    const damaged = '{"seqId":3,"method":"slotNot';
    control.send(damaged);
    const next = await server.control();
    await next.expect("attachBacktestSession");
    if (!attached) next.send(damaged);
    next.respond(undefined, "sessionAttached", CREATED);
    await next.expect("resumeAttachedSession");
    next.respond(undefined, "success");
    if (attached) next.send(damaged);
    next.respond(4, "slotNotification", 101);
    const events = await finish(session, next, 5);
    expect(events.filter((event) => event !== "resumed control")).toEqual([
      "readyForContinue",
      "unrecognized",
      "gap control",
      "slot 101",
      "completed",
    ]);
    expect(server.connections).toHaveLength(2);
  });

  test("a session reports no gap for a damaged frame if no sequence id is missing", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    control.send("noise");
    const { control: next } = await reattach(server, (again) => again.send("noise"));
    next.respond(3, "slotNotification", 100);
    expect(await finish(session, next, 4)).toEqual([
      "readyForContinue",
      "resumed control",
      "unrecognized",
      "slot 100",
      "completed",
    ]);
  });

  test("a session skips a frame that is damaged in a different way on each connection", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    control.send("noise 0");
    let next = control;
    for (let i = 1; i < 5; i++) ({ control: next } = await reattach(server, (again) => again.send(`noise ${i}`)));
    next.respond(3, "slotNotification", 100);
    const events = await finish(session, next, 4);
    expect(events.slice(-3)).toEqual(["unrecognized", "slot 100", "completed"]);
  });

  test("if the connection is lost before sessionAttached, the client repeats the attach request with the same last sequence id", async () => {
    const server = await startScriptedServer();
    const { session } = await startSession(server, newClient(server));
    await takeUntil(session, "readyForContinue");
    const checkpoint = session.checkpoint();
    await session.detach();
    const resuming = newClient(server).resumeSession(checkpoint);
    const first = await server.control();
    expect(await first.expect("attachBacktestSession")).toMatchObject({ last_sequence: 2 });
    first.respond(3, "slotNotification", 100);
    first.respond(4, "completed", {});
    await settle();
    first.destroy();
    const { last, control: next } = await reattach(server, (again) => again.respond(3, "slotNotification", 100));
    expect(last).toBe(2);
    const resumed = await resuming;
    const events = await finish(resumed, next, 4);
    expect(events.filter((event) => event !== "resumed control")).toEqual(["slot 100", "completed"]);
  });

  test("a re-attach refuses a response with the id of another session, and delivers no event of that session", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    await takeUntil(session, "readyForContinue");
    control.destroy();
    const foreign = await server.control();
    await foreign.expect("attachBacktestSession");
    foreign.respond(3, "slotNotification", 777);
    foreign.respond(undefined, "sessionAttached", { ...CREATED, session_id: `backtest_${"f".repeat(32)}` });
    foreign.respond(4, "completed", {});
    const { control: next, last } = await reattach(server, (again) => again.respond(3, "slotNotification", 100));
    expect(last).toBe(2);
    expect(await finish(session, next, 4)).toEqual(["resumed control", "slot 100", "completed"]);
  });

  test("if the connection is cut during a re-attach, the re-attach is retried, and both attempts count as one reconnect", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    await takeUntil(session, "readyForContinue");
    control.destroy();
    const second = await server.control();
    await second.expect("attachBacktestSession");
    second.respond(3, "slotNotification", 100);
    second.respond(undefined, "sessionAttached", CREATED);
    await second.expect("resumeAttachedSession");
    second.destroy();
    const { control: third, last } = await reattach(server, (again) => again.respond(4, "slotNotification", 101));
    expect(last).toBe(3);
    expect(await finish(session, third, 5)).toEqual(["slot 100", "resumed control", "slot 101", "completed"]);
    expect(session.diagnostics.reconnects).toEqual({ control: 1 });
  });
});

describe("a response of a newer server", () => {
  test.each([
    ["method", '{"seqId":3,"method":"teleported","params":{"to":5}}', /unknown method teleported/],
    ["status", '{"seqId":3,"method":"status","params":{"status":"reticulatingSplines"}}', /status/],
    ["error", '{"seqId":3,"method":"error","params":{"quotaExceeded":{}}}', /error/],
    ["shape", '{"seqId":3,"method":"slotNotification","params":"100"}', /slotNotification/],
  ])("a response with an unknown %s is delivered as an `unrecognized` event", async (_, raw, reason) => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    control.send(raw);
    control.respond(4, "slotNotification", 101);
    const events = await takeUntil(session, "slot");
    const unrecognized = events.find(({ type }) => type === "unrecognized");
    expect(unrecognized).toEqual({ type: "unrecognized", raw, reason: expect.stringMatching(reason) });
    expect(session.diagnostics.malformed).toBe(1);
    control.destroy();
    const { last } = await reattach(server);
    expect(last).toBe(4);
  });

  test("after a response with an unknown method, the attach request of a session contains the sequence id of this response", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    control.send('{"seqId":3,"method":"teleported"}');
    await takeUntil(session, "unrecognized");
    control.destroy();
    expect((await reattach(server)).last).toBe(3);
  });

  test("a session continues after a JSON response of an unexpected shape", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    const bad = [
      "null",
      "5",
      "[]",
      "{}",
      '{"method":5}',
      '"x"',
      '{"method":"paused","params":null}',
      new TextEncoder().encode("[1]"),
    ];
    control.send(...bad);
    control.respond(3, "slotNotification", 100);
    const events = await takeUntil(session, "slot");
    expect(events.filter(({ type }) => type === "unrecognized")).toHaveLength(bad.length);
    expect(session.diagnostics.malformed).toBe(bad.length);
  });
});

describe("a gap", () => {
  const gaps = (events: ManagedEvent[]) => events.filter((event) => event.type === "continuity" && event.kind === "gap");

  test("after a lost connection, a gap is reported if the server no longer has the missed events", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    control.respond(3, "slotNotification", 100);
    await takeUntil(session, "slot");
    control.destroy();
    await reattach(server, (again) => again.respond(9, "slotNotification", 106));
    const events = await takeUntil(session, "slot");
    expect(gaps(events)).toEqual([{ type: "continuity", kind: "gap", channel: "control", expected: 4n, got: 9n }]);
    // The gap is reported just before the first event after the gap.
    expect(events.at(-2)).toEqual(gaps(events)[0]);
  });

  test("if the server does not number its responses consecutively, a session reports no gap after a re-attach", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    control.respond(30, "slotNotification", 100);
    await takeUntil(session, "slot");
    control.destroy();
    await reattach(server, (again) => again.respond(40, "slotNotification", 101));
    expect(gaps(await takeUntil(session, "slot"))).toEqual([]);
  });
});

describe("the session's address", () => {
  test("if a re-attach changes the session's address, new subscription connections use the new address", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server));
    session.subscribeAccountDiffs([PROGRAM]);
    const first = await acceptDiffs(server);
    expect(first.url).toBe(`/backtest/${SESSION_ID}`);
    control.destroy();
    const next = await server.control();
    await next.expect("attachBacktestSession");
    next.respond(undefined, "sessionAttached", {
      session_id: SESSION_ID,
      rpc_endpoint: `${server.httpUrl}/backtest/moved?here=1`,
    });
    await next.expect("resumeAttachedSession");
    next.respond(undefined, "success");
    await takeUntil(session, "continuity");
    expect(session.info).toMatchObject({
      rpcEndpoint: `${server.httpUrl}/backtest/moved?here=1`,
      wsEndpoint: `${server.httpUrl.replace("http", "ws")}/backtest/moved?here=1`,
    });
    // The open subscription stays connected to the old address.
    first.notify("accountDiffNotification", 7, diff(100, "a"));
    await takeUntil(session, "accountDiff");
    expect(first.isOpen).toBe(true);
    first.destroy();
    expect((await acceptDiffs(server)).url).toBe("/backtest/moved?here=1");
  });

  test.each([
    ["/backtest/x", (http: string) => `${http}/backtest/x`],
    ["backtest/x", (http: string) => `${http}/backtest/x`],
    ["https://elsewhere.example/rpc", () => "https://elsewhere.example/rpc"],
    ["HTTP://elsewhere.example/rpc", () => "HTTP://elsewhere.example/rpc"],
  ])("the `rpc_endpoint` of a session is resolved to an absolute URL: %s", async (endpoint, expected) => {
    const server: ScriptedServer = await startScriptedServer();
    const starting = newClient(server).startSession(CREATE);
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(1, "sessionCreated", { session_id: SESSION_ID, rpc_endpoint: endpoint });
    const { info } = await starting;
    expect(info.rpcEndpoint).toBe(expected(server.httpUrl));
    expect(info.wsEndpoint).toBe(expected(server.httpUrl).replace(/^http/i, "ws"));
  });
});

import { describe, expect, test, vi } from "vitest";
import { Counters } from "../../src/session/diagnostics.js";
import { startScriptedServer } from "../support/scripted-server.js";
import { acceptDiffs, CREATED, diff, newClient, PROGRAM, reattach, startSession, take, until } from "./session-rig.js";

const NOTIFICATION = "accountDiffNotification";

async function setUp(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const standing = await startSession(server, newClient(server, options));
  return { server, ...standing };
}

describe("diagnostics", () => {
  test("diagnostics count the frames and bytes of all channels", async () => {
    const { server, session } = await setUp();
    const before = session.diagnostics;
    // The two frames are sessionCreated and readyForContinue.
    expect(before.frames).toBe(2);
    const texts = [
      { seqId: 1, method: "sessionCreated", params: CREATED },
      { seqId: 2, method: "readyForContinue" },
    ];
    expect(before.bytes).toBe(texts.map((text) => JSON.stringify(text)).join("").length);
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    diffs.notify(NOTIFICATION, 7, diff(100, "a"), diff(100, "b"));
    await until(() => session.diagnostics.queueLength === 3, "both");
    expect(session.diagnostics.frames).toBe(5);
    expect(session.diagnostics.decodedBytes).toBe(0);
  });

  test("diagnostics count the buffered events, but not the delivered events", async () => {
    const { session, control } = await setUp();
    control.respond(3, "slotNotification", 100);
    await until(() => session.diagnostics.queueLength === 2, "both");
    await take(session, 2);
    expect(session.diagnostics.queueLength).toBe(0);
  });

  test("diagnostics count losses and reconnects by channel and reason", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    server.refuse("control", 503);
    control.close(1012, "redeploy");
    await reattach(server);
    diffs.destroy();
    await acceptDiffs(server);
    await until(() => session.diagnostics.reconnects.accountDiff === 1, "both are back");
    expect(session.diagnostics.reconnects).toEqual({ control: 1, accountDiff: 1 });
    expect(session.diagnostics.losses).toEqual({
      control: { "1012 service restart (redeploy)": 1, "HTTP 503": 1 },
      accountDiff: { "1006 connection cut without a close frame": 1 },
    });
  });

  test("session.diagnostics counts the duplicate events dropped on the control channel and on subscriptions", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    diffs.notify(NOTIFICATION, 7, diff(100, "a"), diff(101, "b"));
    control.respond(2, "readyForContinue");
    control.respond(1, "readyForContinue");
    await until(() => session.diagnostics.queueLength === 3, "what is new");
    diffs.destroy();
    const again = await acceptDiffs(server);
    // An old server replays all events, including those before `replayFromSlot`.
    again.notify(NOTIFICATION, 7, diff(100, "a"), diff(101, "b"), diff(101, "c"));
    await until(() => session.diagnostics.queueLength === 5, "the third, and that it is back");
    expect(session.diagnostics.duplicatesDropped).toBe(4);
  });

  test("diagnostics count malformed frames on each channel", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    control.send("{}", '{"method":"fromTheFuture"}');
    diffs.send("[]", '{"method":"accountDiffNotification","params":{"subscription":7,"result":{}}}');
    await until(() => session.diagnostics.malformed === 4, "all four");
    expect(session.diagnostics.queueLength).toBe(5);
  });

  test("diagnostics count the failures of transactions, although the failures are not delivered as events", async () => {
    const { session, control } = await setUp();
    control.respond(3, "error", { simulationError: { error: "custom program error: 0x1" } });
    control.respond(4, "error", { simulationError: { error: "again" } });
    await until(() => session.diagnostics.simulationErrors === 2, "both");
    expect(session.diagnostics.queueLength).toBe(1);
  });

  test("diagnostics measure how long the control connection was up", async () => {
    const { server, session, control } = await setUp();
    await until(() => session.diagnostics.upMs >= 20, "some time up");
    server.refuse("control", 503, 1_000);
    control.destroy();
    await until(() => session.connection.state === "down", "the loss");
    const { upMs } = session.diagnostics;
    const lostAt = performance.now();
    await until(() => performance.now() - lostAt > 30, "some time away");
    expect(session.diagnostics.upMs).toBe(upMs);
  });

  test("diagnostics are a snapshot that does not change later", async () => {
    const { session } = await setUp();
    const snapshot = session.diagnostics;
    snapshot.reconnects.control = 99;
    snapshot.losses.control = { invented: 1 };
    expect(session.diagnostics).toMatchObject({ reconnects: {}, losses: {} });
  });
});

test("diagnostics contain a limited number of loss reasons, even if the server sends a new reason each time", () => {
  const counters = new Counters();
  for (let index = 0; index < 1_000; index++) counters.countLoss("control", `reason ${index}`);
  const { losses } = counters.snapshot({ queueLength: 0, queueBytes: 0, upMs: 0 });
  expect(Object.keys(losses.control ?? {})).toHaveLength(101);
  expect(losses.control?.other).toBe(900);
});

describe("a logger", () => {
  test("a logger receives lines that name the session and the channel", async () => {
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const { server, session, control } = await setUp({ logger });
    const label = `session ${session.info.sessionId}`;
    expect(logger.info).toHaveBeenCalledWith(`${label}: created`);
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    diffs.destroy();
    control.destroy();
    await Promise.all([reattach(server), acceptDiffs(server)]);
    await until(() => session.diagnostics.reconnects.accountDiff === 1, "both are back");
    expect(logger.info).toHaveBeenCalledWith(`${label}: attached`);
    const debugged = logger.debug.mock.calls.map(([line]) => line as string);
    for (const line of [
      `${label}: control is down, backingOff`,
      `${label}: accountDiff-1 is down, backingOff`,
      `${label}: control is up`,
    ])
      expect(debugged).toContain(line);
    expect(logger.error).not.toHaveBeenCalled();
  });

  test("a logger receives the reason of a failure, and a line for each retry of a start", async () => {
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const server = await startScriptedServer();
    server.refuse("control", 503);
    const { session, control } = await startSession(server, newClient(server, { logger }));
    expect(logger.warn.mock.calls).toEqual([[expect.stringMatching(/^session: could not start yet: HTTP 503.*; retrying$/)]]);
    control.respond(3, "error", "noMoreBlocks");
    await session.closed;
    const line = `session ${session.info.sessionId}: the simulator ended the session: noMoreBlocks`;
    expect(logger.error.mock.calls).toEqual([[line]]);
  });
});

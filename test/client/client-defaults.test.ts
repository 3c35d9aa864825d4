import { describe, expect, test } from "vitest";
import { toContext } from "../../src/client/client-options.js";
import { acceptDiffs, newClient, PROGRAM, startSession } from "../session/session-rig.js";
import { startScriptedServer } from "../support/scripted-server.js";

/* The constants of protocol.md, 4. A change to a constant changes how the client behaves towards the service. */
describe("without options, a client", () => {
  const context = toContext({ url: "simulator.example" });

  test("without options, a client waits 1 s to 30 s (with 20 % jitter) before a retry, and gives up after 20 attempts or 300 s", () => {
    expect(context.reconnect).toMatchObject({
      initialBackoffMs: 1_000,
      multiplier: 2,
      maxBackoffMs: 30_000,
      jitter: 0.2,
      maxAttempts: 20,
      maxElapsedMs: 300_000,
    });
  });

  test("without options, `ungatedAttempts` of a client is 5, and `uptimeResetMs` is 30 s", () => {
    expect(context.reconnect).toMatchObject({ ungatedAttempts: 5, uptimeResetMs: 30_000 });
  });

  test("without options, `connectMs` is 30 s, `handshakeMs` 120 s, `parallelCreateMs` 900 s, and `closeMs` 5 s", () => {
    expect(context.timeouts).toMatchObject({
      connectMs: 30_000,
      handshakeMs: 120_000,
      parallelCreateMs: 900_000,
      closeMs: 5_000,
    });
  });

  test("without options, `completionDrainMs` of a client is 60 s", () => {
    expect(context.timeouts.completionDrainMs).toBe(60_000);
  });

  test("without options, `initialConnectMs` of a client is 60 s, and `continueTimeoutMs` and `maxPauseMs` are 30 s", () => {
    expect(context.timeouts).toMatchObject({ initialConnectMs: 60_000, continueTimeoutMs: 30_000, maxPauseMs: 30_000 });
  });

  test("without options, a client pings every 15 s, and reports a connection as lost after 45 s without a frame", () => {
    expect(context.liveness).toEqual({ pingIntervalMs: 15_000, deadlineMs: 45_000 });
  });

  test("without options, a client buffers at most 10,000 events, validates only the fields that delivery needs, and requests compression", async () => {
    expect(context).toMatchObject({ maxBufferedEvents: 10_000, validate: "cursor" });
    expect(await context.newDecoder()).toBeDefined();
  });

  test("a client uses the default of each option that is not given", () => {
    const { reconnect, timeouts, liveness } = toContext({
      url: "simulator.example",
      reconnect: { maxAttempts: 3 },
      timeouts: { connectMs: 1, closeMs: undefined as never },
      liveness: { deadlineMs: 9 },
    });
    expect(reconnect).toEqual({ ...context.reconnect, maxAttempts: 3 });
    expect(timeouts).toEqual({ ...context.timeouts, connectMs: 1 });
    expect(liveness).toEqual({ ...context.liveness, deadlineMs: 9 });
  });
});

describe("the identity of a client", () => {
  test("a client sends its name and version on each connection, but its key only on the control connection", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(
      server,
      newClient(server, { apiKey: "header-key-31", headers: { "X-Team": "blue" } }),
    );
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    const identity = /^simulator-client-js\/[A-Za-z0-9_.-]{1,32} \(managed\)$/;
    expect(control.headers).toMatchObject({ "x-api-key": "header-key-31", "x-team": "blue" });
    expect(control.headers["user-agent"]).toMatch(identity);
    expect(diffs.headers["user-agent"]).toMatch(identity);
    expect(diffs.headers).not.toHaveProperty("x-api-key");
    expect(diffs.headers).not.toHaveProperty("x-team");
    expect(`${diffs.url}${diffs.headers["sec-websocket-protocol"] ?? ""}`).not.toContain("key");
  });

  test("the `User-Agent` header of an HTTP call contains only the name and the version of the client", async () => {
    const server = await startScriptedServer();
    server.answers.set("/health", 200);
    expect(await newClient(server, { apiKey: "header-key-31" }).health()).toBe(true);
    const [request] = server.requests;
    expect(request?.headers["user-agent"]).toMatch(/^simulator-client-js\/[A-Za-z0-9_.-]{1,32}$/);
    expect(request?.headers["x-api-key"]).toBe("header-key-31");
  });

  test("a client without a key sends neither a key header nor a subprotocol", async () => {
    const server = await startScriptedServer();
    const { control } = await startSession(server, newClient(server));
    expect(control.headers).not.toHaveProperty("x-api-key");
    expect(control.headers).not.toHaveProperty("sec-websocket-protocol");
  });
});

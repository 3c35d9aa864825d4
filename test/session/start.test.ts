import { createServer } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ConnectionStatus } from "../../src/connection/status.js";
import { startLocalSimulator } from "../../src/local/index.js";
import type { CreateSession } from "../../src/session/create-options.js";
import { startScriptedServer } from "../support/scripted-server.js";
import { badCreates, badPrograms } from "./bad-input.js";
import { CREATE, CREATED, newClient, PageWebSocket, pageWebSocket, rejection, startSession, until } from "./session-rig.js";
import { collectUncaught } from "./uncaught.js";

/** Returns a port on which no server listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("invalid parameters", () => {
  test.each(badCreates)("startSession rejects invalid parameters and opens no socket: %s", async (_, field, create) => {
    const WebSocket = vi.fn();
    const client = newClient({ url: "ws://127.0.0.1:9" }, { WebSocket: WebSocket as never });
    const error = await rejection(client.startSession(create as CreateSession));
    expect(error).toMatchObject({ code: "invalidParams", field });
    expect(WebSocket).not.toHaveBeenCalled();
  });

  test.each(badPrograms)("a subscribe call throws for invalid programs and opens no socket: %s", async (_, field, programs) => {
    const server = await startScriptedServer();
    const { session } = await startSession(server, newClient(server));
    for (const subscribe of ["subscribeAccountDiffs", "subscribeTransactions"] as const) {
      expect(() => session[subscribe](programs as string[])).toThrow(expect.objectContaining({ code: "invalidParams", field }));
    }
    await session.shutdown();
    expect(server.connections).toHaveLength(1);
  });
});

describe("a start that fails", () => {
  test.each([401, 403])(
    "if the server refuses the upgrade with %d, the start fails at once with `unauthorized`, and the error says what to do",
    async (status) => {
      const server = await startScriptedServer();
      server.refuse("control", status);
      const error = await rejection(newClient(server, { apiKey: "wrong-key" }).startSession(CREATE));
      expect(error).toMatchObject({ code: "unauthorized", status });
      expect(error.message).toMatch(/key/i);
      expect([server.refused.length, server.connections.length]).toEqual([1, 0]);
    },
  );

  test("a start with a wrong key fails as unauthorized at the local simulator", async () => {
    const simulator = await startLocalSimulator({ apiKey: "the-right-key", startSlot: 100, slots: 5 });
    onTestFinished(() => simulator.close());
    const error = await rejection(newClient(simulator, { apiKey: "a-wrong-key" }).startSession(CREATE));
    expect(error).toMatchObject({ code: "unauthorized", status: 401 });
    const session = await newClient(simulator, { apiKey: "the-right-key" }).startSession(CREATE);
    await session.shutdown();
  });

  test("a start that is refused with 404 fails with the code `unreachable` at once", async () => {
    const server = await startScriptedServer();
    server.refuse("control", 404);
    expect(await rejection(newClient(server).startSession(CREATE))).toMatchObject({ code: "unreachable", status: 404 });
    expect(server.refused).toHaveLength(1);
  });

  test.each([429, 500, 503])("a start that is refused with %d is retried", async (status) => {
    const server = await startScriptedServer();
    server.refuse("control", status, 2);
    const { session } = await startSession(server, newClient(server));
    expect(server.refused).toHaveLength(2);
    await session.shutdown();
  });

  test("if no server listens, a start reports each attempt, and fails with `unreachable` after initialConnectMs", async () => {
    const port = await freePort();
    const statuses: ConnectionStatus[] = [];
    const reconnect = { maxAttempts: 1_000 };
    const client = newClient({ url: `ws://127.0.0.1:${port}` }, { timeouts: { initialConnectMs: 400 }, reconnect });
    const startedAt = performance.now();
    const error = await rejection(
      client.startSession(CREATE, {
        onConnection: ({ channel, status }) => {
          expect(channel).toBe("control");
          statuses.push(status);
        },
      }),
    );
    const tookMs = performance.now() - startedAt;
    expect(error).toMatchObject({ code: "unreachable" });
    expect(error.message).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*ECONNREFUSED.*[Cc]heck`));
    expect(tookMs).toBeGreaterThanOrEqual(395);
    // 10 s is less than the default limit of 60 s, so the start has used the configured limit of 400 ms.
    expect(tookMs).toBeLessThan(10_000);
    expect(statuses[0]).toEqual({ state: "down", phase: "connecting", attempt: 0 });
    const waits = statuses.filter((status) => status.state === "down" && status.phase === "backingOff");
    expect(waits.length).toBeGreaterThan(2);
    expect(waits[0]).toMatchObject({ attempt: 1, reason: expect.stringContaining("ECONNREFUSED"), retryAt: expect.any(Number) });
    expect(statuses.at(-1)).toMatchObject({ state: "failed", reason: expect.stringContaining("400 ms") });
  });

  test("a start fails with the code `unreachable` for an unknown host", async () => {
    const client = newClient({ url: "ws://no-such-host.invalid" }, { timeouts: { initialConnectMs: 300 } });
    expect(await rejection(client.startSession(CREATE))).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("no-such-host.invalid"),
    });
  });

  test("a start fails with the code `unreachable` if the server never answers the upgrade", async () => {
    const server = await startScriptedServer();
    server.refuse("control", "silence", 5);
    const client = newClient(server, { timeouts: { connectMs: 100, initialConnectMs: 400 } });
    const error = await rejection(client.startSession(CREATE));
    expect(error).toMatchObject({ code: "unreachable", message: expect.stringContaining("no connection within") });
    expect(server.refused.length).toBeGreaterThanOrEqual(2);
  });

  test("startSession() fails after `maxAttempts` retries if the server drops each connection", async () => {
    const server = await startScriptedServer();
    const refused = rejection(newClient(server, { reconnect: { maxAttempts: 3 } }).startSession(CREATE));
    for (let i = 0; i < 4; i++) {
      const control = await server.control();
      await control.expect("createBacktestSession");
      control.destroy();
    }
    expect(await refused).toMatchObject({ code: "create", message: expect.stringContaining("3 attempts") });
  });

  test("a start that fails leaves no listeners, and causes no uncaught error", async () => {
    const server = await startScriptedServer();
    server.refuse("control", 401);
    const errors: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => void errors.push(line) };
    await rejection(newClient(server, { logger }).startSession(CREATE));
    expect(errors).toEqual([expect.stringContaining("401")]);
  });

  test("a start continues if its onConnection callback throws", async () => {
    const uncaught = collectUncaught();
    const server = await startScriptedServer();
    const { session } = await startSession(server, newClient(server), CREATE, {
      onConnection: () => {
        throw new Error("mine");
      },
    });
    await session.shutdown();
    expect(uncaught.map(({ message }) => message)).toEqual(["mine", "mine"]);
  });
});

describe("a refused upgrade without a status, as in browsers", () => {
  test("in a page, the client detects a refused API key with an HTTP call, because a refused upgrade has no status", async () => {
    const server = await startScriptedServer();
    server.refuse("control", 401, 50);
    server.answers.set("/available-ranges", 401);
    const client = newClient(server, { WebSocket: pageWebSocket, apiKey: "wrong-key" });
    expect(await rejection(client.startSession(CREATE))).toMatchObject({
      code: "unauthorized",
      message: expect.stringContaining("apiKey"),
    });
    expect(server.requests[0]).toMatchObject({ path: "/available-ranges", headers: { "x-api-key": "wrong-key" } });
  });

  test.each([200, 500])(
    "in a page, the `unreachable` error mentions a refused API key if an HTTP request returns the status %s",
    async (status) => {
      const server = await startScriptedServer();
      server.refuse("control", 401, 50);
      server.answers.set("/available-ranges", status);
      const client = newClient(server, { WebSocket: pageWebSocket, apiKey: "a-key", timeouts: { initialConnectMs: 60 } });
      const error = await rejection(client.startSession(CREATE));
      expect(error).toMatchObject({ code: "unreachable", message: expect.stringMatching(/browser.*refused API key/) });
    },
  );

  test("in a page, the client sends the API key as a subprotocol", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server, { WebSocket: pageWebSocket, apiKey: "k~y" }));
    expect(control.headers["sec-websocket-protocol"]).toBe(`backtest,x-api-key.${Buffer.from("k~y").toString("base64url")}`);
    expect(control.headers).not.toHaveProperty("x-api-key");
    await session.shutdown();
  });
});

describe("a start that is cancelled", () => {
  test("a start opens no connection if its signal is already aborted", async () => {
    const server = await startScriptedServer();
    const reason = new Error("never mind");
    const error = await rejection(newClient(server).startSession(CREATE, { signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ code: "cancelled" });
    expect(error.cause).toBe(reason);
    expect(server.connections).toHaveLength(0);
  });

  test.each([
    ["while it connects", "silence" as const],
    ["while it backs off", 503],
  ])("a start that is cancelled %s ends at once", async (_, refusal) => {
    const server = await startScriptedServer();
    server.refuse("control", refusal, 1_000);
    const controller = new AbortController();
    const client = newClient(server, { reconnect: { initialBackoffMs: 5_000 } });
    const refused = rejection(client.startSession(CREATE, { signal: controller.signal }));
    await until(() => server.refused.length === 1, "the first upgrade");
    controller.abort();
    expect(await refused).toMatchObject({ code: "cancelled" });
  });

  test("if a start is cancelled before the response arrives, the session is closed on the server", async () => {
    const server = await startScriptedServer();
    const controller = new AbortController();
    const refused = rejection(newClient(server).startSession(CREATE, { signal: controller.signal }));
    const control = await server.control();
    await control.expect("createBacktestSession");
    controller.abort();
    expect(await refused).toMatchObject({ code: "cancelled" });
    await control.expectClose();
  });

  test("aborting the signal of startSession() after the start shuts the session down", async () => {
    const server = await startScriptedServer();
    const controller = new AbortController();
    const { session, control } = await startSession(server, newClient(server), CREATE, { signal: controller.signal });
    const reason = new Error("enough");
    controller.abort(reason);
    await control.expectClose();
    const end = await session.closed;
    expect(end).toMatchObject({ reason: "shutdown", error: { code: "cancelled" } });
    expect(end.error?.cause).toBe(reason);
  });

  test("close() of the client cancels a start", async () => {
    const server = await startScriptedServer();
    const client = newClient(server);
    const refused = rejection(client.startSession(CREATE));
    const control = await server.control();
    await control.expect("createBacktestSession");
    await client.close();
    expect(await refused).toMatchObject({ code: "cancelled", cause: { message: "the client was closed" } });
    await control.expectClose();
  });
});

describe("the API key", () => {
  test("the function `apiKey` is called for each connection attempt", async () => {
    const server = await startScriptedServer();
    let count = 0;
    const { session, control } = await startSession(server, newClient(server, { apiKey: async () => `key-${++count}` }));
    expect(control.headers["x-api-key"]).toBe("key-1");
    control.destroy();
    const next = await server.control();
    expect(next.headers["x-api-key"]).toBe("key-2");
    await next.expect("attachBacktestSession");
    await session.shutdown();
  });

  test("an invalid API key is refused at once", async () => {
    const server = await startScriptedServer();
    const error = await rejection(newClient(server, { apiKey: () => "two\nlines" }).startSession(CREATE));
    expect(error).toMatchObject({ code: "invalidParams", field: "apiKey" });
    expect(error.message).not.toContain("lines");
  });

  test("the function `apiKey` is called again for the next attempt if it throws", async () => {
    const server = await startScriptedServer();
    let count = 0;
    const apiKey = () => {
      if (++count < 3) throw new Error("the vault is sealed");
      return "at-last";
    };
    const { session, control } = await startSession(server, newClient(server, { apiKey }));
    expect(control.headers["x-api-key"]).toBe("at-last");
    await session.shutdown();
  });

  test("with `auth: query`, the API key is sent in the query string of the URL", async () => {
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server, { apiKey: "a&b", auth: "query" }));
    expect(control.url).toBe("/backtest?api_key=a%26b");
    expect(control.headers).not.toHaveProperty("x-api-key");
    await session.shutdown();
  });
});

test("custom headers are sent on the control connection only", async () => {
  const server = await startScriptedServer();
  const { session, control } = await startSession(server, newClient(server, { headers: { "X-Team": "blue" } }));
  expect(control.headers["x-team"]).toBe("blue");
  session.subscribeAccountDiffs(["11111111111111111111111111111111"]);
  const diffs = await server.subscription();
  await diffs.expect("accountDiffSubscribe");
  expect(diffs.headers).not.toHaveProperty("x-team");
  await session.shutdown();
});

test("a start with several attempts reports each change of the connection", async () => {
  const server = await startScriptedServer();
  server.refuse("control", 503, 1);
  const phases: string[] = [];
  const starting = newClient(server).startSession(CREATE, {
    onConnection: ({ status }) => phases.push(status.state === "down" ? `${status.phase} ${status.attempt}` : status.state),
  });
  const control = await server.control();
  await control.expect("createBacktestSession");
  control.respond(1, "sessionCreated", CREATED);
  const session = await starting;
  expect(phases).toEqual(["connecting 0", "backingOff 1", "connecting 1", "handshaking 1"]);
  await until(() => session.connection.state === "up", "the control connection");
});

test("the WebSocket class that the tests use for a page has no ping(), as in browsers", () => {
  expect("ping" in PageWebSocket.prototype).toBe(false);
});

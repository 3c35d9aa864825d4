import { Agent } from "node:http";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { BacktestClient } from "../../src/client/backtest-client.js";
import type { BacktestClientOptions } from "../../src/client/client-options.js";
import { createLocalSimulator } from "../../src/local/index.js";
import { defaultPlatform } from "../../src/transport/default-platform.js";
import type { WebSocketLike } from "../../src/transport/websocket-like.js";
import { thrownBy } from "../protocol/thrown.js";
import { acceptDiffs, CREATE, newClient, PROGRAM, pageWebSocket, startSession, takeAll } from "../session/session-rig.js";
import { collectUncaught } from "../session/uncaught.js";
import { startScriptedServer } from "../support/scripted-server.js";

const URL = "ws://127.0.0.1:9";

describe("invalid options", () => {
  test.each<[field: string, options: unknown]>([
    ["options", undefined],
    ["options", null],
    ["options", "wss://simulator.example"],
    ["url", {}],
    ["url", { url: "" }],
    ["url", { url: 5 }],
    ["url", { url: "http://simulator.example" }],
    ["url", { url: "wss://" }],
    ["url", { url: "wss://not a host" }],
    ["url", { url: "wss://user:password@simulator.example" }],
    ["apiKey", { url: URL, apiKey: "" }],
    ["apiKey", { url: URL, apiKey: "two words" }],
    ["apiKey", { url: URL, apiKey: "a-key\n" }],
    ["apiKey", { url: URL, apiKey: 5 }],
    ["auth", { url: URL, auth: "cookie" }],
    ["validate", { url: URL, validate: "most" }],
    ["WebSocket", { url: URL, WebSocket: {} }],
    ["maxBufferedEvents", { url: URL, maxBufferedEvents: 0 }],
    ["maxBufferedEvents", { url: URL, maxBufferedEvents: 1.5 }],
    ["maxBufferedEvents", { url: URL, maxBufferedEvents: "10" }],
    ["reconnect.maxAttempts", { url: URL, reconnect: { maxAttempts: -1 } }],
    ["reconnect.jitter", { url: URL, reconnect: { jitter: Number.NaN } }],
    ["timeouts.connectMs", { url: URL, timeouts: { connectMs: "30s" } }],
    ["liveness.deadlineMs", { url: URL, liveness: { deadlineMs: null } }],
  ])("invalid options are refused with an error that names the option: %s: %j", (field, options) => {
    expect(thrownBy(() => new BacktestClient(options as BacktestClientOptions))).toMatchObject({ code: "invalidParams", field });
  });

  test("the error of an invalid API key does not contain the key", () => {
    const secret = "sk live 55";
    const error = thrownBy(() => new BacktestClient({ url: URL, apiKey: secret }));
    expect(error.message).not.toContain(secret);
  });

  test("a client with a key refuses the auth mode `header` if the platform's WebSocket cannot send headers", () => {
    vi.spyOn(defaultPlatform, "WebSocket", "get").mockReturnValue(pageWebSocket);
    onTestFinished(() => void vi.restoreAllMocks());
    expect(thrownBy(() => new BacktestClient({ url: URL, apiKey: "a-key", auth: "header" }))).toMatchObject({ field: "auth" });
    // Without a key, the client sends no headers, so `auth: "header"` is accepted with any WebSocket.
    expect(new BacktestClient({ url: URL, auth: "header" })).toBeInstanceOf(BacktestClient);
  });
});

test("creating a client opens no connection and starts no timer", () => {
  const Constructor = vi.fn();
  const timer = vi.spyOn(defaultPlatform, "setTimeout");
  onTestFinished(() => void vi.restoreAllMocks());
  expect(new BacktestClient({ url: "simulator.example", WebSocket: Constructor as never })).toBeInstanceOf(BacktestClient);
  expect(Constructor).not.toHaveBeenCalled();
  expect(timer).not.toHaveBeenCalled();
});

test("a client uses the default of each option that is undefined", async () => {
  const server = await startScriptedServer();
  const { session } = await startSession(
    server,
    newClient(server, { apiKey: undefined, headers: undefined, logger: undefined, liveness: { deadlineMs: undefined } }),
  );
  await session.shutdown();
});

describe("a custom WebSocket", () => {
  test("a client connects with a custom WebSocket for Node.js, and sends the key in a header", async () => {
    const opened: unknown[][] = [];
    class Spy extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        opened.push(args);
      }
    }
    const server = await startScriptedServer();
    const client = newClient(server, { WebSocket: Spy as unknown as WebSocketLike, apiKey: "a-key" });
    const { session, control } = await startSession(server, client);
    expect(opened).toHaveLength(1);
    expect(control.headers["x-api-key"]).toBe("a-key");
    await session.shutdown();
  });

  test("a client runs a whole session with the WebSocket of the in-page simulator, without a port", async () => {
    const simulator = createLocalSimulator({ startSlot: 100, slots: 10, apiKey: "a-key" });
    onTestFinished(() => simulator.close());
    const client = newClient(simulator, { WebSocket: simulator.WebSocket, fetch: simulator.fetch, apiKey: "a-key" });
    const session = await client.startSession(CREATE);
    const events = await takeAll(session.run());
    expect(events.flatMap((event) => (event.type === "slot" ? [event.slot] : []))).toEqual([100n, 101n, 102n, 103n]);
    expect(await session.closed).toEqual({ reason: "completed" });
  });
});

test("a custom agent is used for all connections, including subscriptions", async () => {
  const agent = new Agent();
  const connect = vi.spyOn(agent, "createConnection" as never);
  const server = await startScriptedServer();
  const { session } = await startSession(server, newClient(server, { agent }));
  session.subscribeAccountDiffs([PROGRAM]);
  await acceptDiffs(server);
  expect(connect).toHaveBeenCalledTimes(2);
  await session.shutdown();
});

describe("a logger", () => {
  test("a logger receives a line for each change of a session, and each line contains the session id", async () => {
    const lines: string[] = [];
    const note = (level: string) => (line: string) => lines.push(`${level} ${line}`);
    const logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
    const server = await startScriptedServer();
    server.refuse("control", 503, 1);
    const { session, control } = await startSession(server, newClient(server, { logger }));
    control.respond(3, "error", "noMoreBlocks");
    await session.closed;
    const { sessionId } = session.info;
    expect(lines).toContainEqual(expect.stringMatching(/^warn session: could not start yet: .*503.*retrying/));
    expect(lines).toContain(`info session ${sessionId}: created`);
    expect(lines).toContain(`debug session ${sessionId}: control is up`);
    expect(lines).toContain(`error session ${sessionId}: the simulator ended the session: noMoreBlocks`);
  });

  test("if a logger throws, the session continues and the error is reported as uncaught", async () => {
    const uncaught = collectUncaught();
    const fail = (): never => {
      throw new Error("the disk is full");
    };
    const server = await startScriptedServer();
    const logger = { debug: fail, info: fail, warn: fail, error: fail };
    const { session } = await startSession(server, newClient(server, { logger }));
    await session.shutdown();
    expect(uncaught.length).toBeGreaterThan(0);
    expect(new Set(uncaught.map(({ message }) => message))).toEqual(new Set(["the disk is full"]));
  });
});

test("close() of a client shuts down its open sessions, and refuses later starts and calls with `cancelled`", async () => {
  const server = await startScriptedServer();
  const client = newClient(server);
  const { session } = await startSession(server, client);
  const { session: other } = await startSession(server, client);
  const checkpoint = other.checkpoint();
  await session.shutdown();
  await client.close();
  expect(await other.closed).toEqual({ reason: "shutdown" });
  const refusal = { code: "cancelled", message: "the client was closed" };
  await expect(client.startSession(CREATE)).rejects.toMatchObject(refusal);
  await expect(client.startParallelSession(CREATE)).rejects.toMatchObject(refusal);
  await expect(client.resumeSession(checkpoint)).rejects.toMatchObject(refusal);
  await expect(client.connect()).rejects.toMatchObject(refusal);
  expect(() => client.observe("http://127.0.0.1:1/rpc")).toThrow(refusal.message);
  await expect(client.health()).rejects.toMatchObject(refusal);
  await expect(client.availableRanges()).rejects.toMatchObject(refusal);
  await expect(client.usageSessions()[Symbol.asyncIterator]().next()).rejects.toMatchObject(refusal);
  await client.close();
});

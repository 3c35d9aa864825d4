import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DecodedResponse } from "../../src/protocol/responses.js";
import { BacktestConnection } from "../../src/session/raw-connection.js";
import { startScriptedServer } from "../support/scripted-server.js";
import { CREATED, newClient, pageWebSocket, rejection, SESSION_ID, settle, until } from "./session-rig.js";

async function setUp(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const client = newClient(server, options);
  const connecting = client.connect();
  const control = await server.control();
  return { server, client, control, connection: await connecting };
}

/** Reads `count` responses. */
async function take(connection: BacktestConnection, count: number): Promise<DecodedResponse[]> {
  const taken: DecodedResponse[] = [];
  for await (const response of connection.responses()) {
    taken.push(response);
    if (taken.length === count) break;
  }
  return taken;
}

const slots = (responses: readonly DecodedResponse[]): unknown[] =>
  responses.map(({ response }) => "params" in response && response.params);

describe("a raw connection", () => {
  test("a raw connection sends any request and returns any response unchanged", async () => {
    const { connection, control } = await setUp({ apiKey: "a-key" });
    expect(connection).toBeInstanceOf(BacktestConnection);
    expect(control.headers).toMatchObject({
      "x-api-key": "a-key",
      "user-agent": expect.stringContaining("simulator-client-js/"),
    });
    connection.send({ method: "attachBacktestSession", params: { session_id: SESSION_ID, last_sequence: 5 } });
    connection.send({ method: "closeBacktestSession" });
    expect(await control.expect("attachBacktestSession")).toEqual({ session_id: SESSION_ID, last_sequence: 5 });
    await control.expect("closeBacktestSession");
    expect(await take(connection, 1)).toEqual([{ response: { method: "success" } }]);
    control.respond(undefined, "sessionAttached", CREATED);
    control.respond(6, "slotNotification", 100);
    // The same response is sent twice. A raw connection does not drop duplicates.
    control.respond(6, "slotNotification", 100);
    control.respond(7, "error", "noMoreBlocks");
    control.send("no JSON");
    control.send(new TextEncoder().encode('{"method":"success"}'));
    const responses = await take(connection, 6);
    expect(responses).toEqual([
      { response: { method: "sessionAttached", params: CREATED } },
      { sequence: 6n, response: { method: "slotNotification", params: 100n } },
      { sequence: 6n, response: { method: "slotNotification", params: 100n } },
      { sequence: 7n, response: { method: "error", params: "noMoreBlocks" } },
      { response: { method: "unrecognized", raw: "no JSON", reason: expect.any(String) } },
      { response: { method: "success" } },
    ]);
  });

  test("a raw connection refuses an invalid request, and does not send it", async () => {
    const { connection, control } = await setUp();
    const send = async (): Promise<void> => connection.send({ method: "continueTo", params: { slot: -1 } });
    expect(await rejection(send())).toMatchObject({ code: "invalidParams" });
    connection.send({ method: "closeBacktestSession" });
    await control.expect("closeBacktestSession");
    expect(control.received).toHaveLength(1);
  });

  test("if a raw connection has several iterations, each response is returned once", async () => {
    const { connection, control } = await setUp();
    for (let slot = 0; slot < 6; slot++) control.respond(undefined, "slotNotification", slot);
    await settle();
    expect(slots(await take(connection, 2))).toEqual([0n, 1n]);
    const [first, second] = [connection.responses(), connection.responses()];
    const taken = await Promise.all([first.next(), second.next(), first.next(), second.next()]);
    expect(slots(taken.map(({ value }) => value as DecodedResponse)).toSorted()).toEqual([2n, 3n, 4n, 5n]);
    const waits = [first.next(), second.next()];
    control.respond(undefined, "slotNotification", 6);
    control.respond(undefined, "slotNotification", 7);
    const values = await Promise.all(waits);
    expect(slots(values.map(({ value }) => value as DecodedResponse)).toSorted()).toEqual([6n, 7n]);
  });

  test("a raw connection that is lost returns the received responses, then rejects with the reason, and sends nothing more", async () => {
    const { connection, control, server } = await setUp();
    control.respond(undefined, "slotNotification", 5);
    control.close(1012, "redeploy");
    await connection.closed;
    const responses = connection.responses();
    expect((await responses.next()).value).toMatchObject({ response: { params: 5n } });
    const error = await rejection(responses.next());
    expect(error).toMatchObject({ code: "controlClosed", message: expect.stringContaining("1012") });
    expect(error.message).toContain("redeploy");
    expect(await rejection(connection.responses().next())).toBe(error);
    const send = async (): Promise<void> => connection.send({ method: "closeBacktestSession" });
    expect(await rejection(send())).toBe(error);
    await connection.close();
    await settle();
    // A raw connection does not reconnect.
    expect(server.connections).toHaveLength(1);
  });

  test("close() of a raw connection ends the iteration over its responses", async () => {
    const { connection, control } = await setUp();
    const waiting = connection.responses().next();
    await connection.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await control.ended).toBe(1000);
    // The session stays on the server, because no close request was sent.
    expect(control.received).toEqual([]);
    const send = async (): Promise<void> => connection.send({ method: "closeBacktestSession" });
    expect(await rejection(send())).toMatchObject({ code: "controlClosed" });
    expect(await connection.responses().next()).toEqual({ done: true, value: undefined });
    await Promise.all([connection.close(), connection.shutdown(), connection[Symbol.asyncDispose]()]);
  });

  test("a raw connection is closed when its client is closed", async () => {
    const { client, connection, control } = await setUp();
    await client.close();
    await connection.closed;
    expect(await control.ended).toBe(1000);
  });

  test.each([
    ["Node.js", {}],
    ["web page (its sockets cannot be terminated)", { WebSocket: pageWebSocket }],
  ])("on the platform %s, a raw connection to a peer that never answers is closed within its timeout", async (_, options) => {
    const { connection, control } = await setUp({ ...options, timeouts: { closeMs: 40 } });
    control.goSilent();
    const before = performance.now();
    await connection.close();
    expect(performance.now() - before).toBeGreaterThanOrEqual(35);
    control.destroy();
  });
});

describe("a raw connection attempt", () => {
  test.each([
    [401, "unauthorized"],
    [403, "unauthorized"],
    [404, "unreachable"],
    [503, "unreachable"],
  ] as const)(
    "a raw connection attempt that is refused with %i fails at once as %s, and is not retried",
    async (status, code) => {
      const server = await startScriptedServer();
      server.refuse("control", status);
      const error = await rejection(newClient(server, { apiKey: "secret-key" }).connect());
      expect(error).toMatchObject({ code, message: expect.stringContaining(String(status)) });
      expect(error.message).not.toContain("secret-key");
      expect(server.refused).toHaveLength(1);
      expect(server.connections).toHaveLength(0);
    },
  );

  test("a raw connection attempt to an address without a server fails", async () => {
    const server = await startScriptedServer();
    await server.goAway();
    expect(await rejection(newClient(server).connect())).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test.each([
    ["Node.js", {}],
    ["web page", { WebSocket: pageWebSocket }],
  ])(
    "on the platform %s, a raw connection attempt to a server that never answers fails within its timeout",
    async (_, options) => {
      const silent = createServer(() => {}).listen(0, "127.0.0.1");
      onTestFinished(() => void silent.close());
      await until(() => silent.listening, "it listens");
      const { port } = silent.address() as { port: number };
      const client = newClient({ url: `ws://127.0.0.1:${port}` }, { ...options, timeouts: { connectMs: 40 } });
      expect(await rejection(client.connect())).toMatchObject({ code: "unreachable", message: expect.stringContaining("40 ms") });
    },
  );

  test("a raw connection attempt is cancelled if its signal is aborted before or during the attempt", async () => {
    const server = await startScriptedServer();
    server.refuse("control", "silence");
    const stop = new AbortController();
    const connecting = newClient(server).connect({ signal: stop.signal });
    await until(() => server.refused.length === 1, "the upgrade");
    stop.abort(new Error("enough"));
    expect(await rejection(connecting)).toMatchObject({
      code: "cancelled",
      cause: expect.objectContaining({ message: "enough" }),
    });
    expect(await rejection(newClient(server).connect({ signal: AbortSignal.abort() }))).toMatchObject({ code: "cancelled" });
    await settle();
    expect([server.refused.length, server.connections.length]).toEqual([1, 0]);
  });

  test("the signal of a raw connection has no effect once the connection is open", async () => {
    const server = await startScriptedServer();
    const stop = new AbortController();
    const connecting = newClient(server).connect({ signal: stop.signal });
    const control = await server.control();
    const connection = await connecting;
    stop.abort();
    control.respond(undefined, "slotNotification", 1);
    expect(slots(await take(connection, 1))).toEqual([1n]);
  });

  test("a raw connection attempt is cancelled when its client is closed", async () => {
    const server = await startScriptedServer();
    server.refuse("control", "silence");
    const client = newClient(server);
    const connecting = client.connect();
    await until(() => server.refused.length === 1, "the upgrade");
    await client.close();
    expect(await rejection(connecting)).toMatchObject({ code: "cancelled" });
  });

  test("if the key is unavailable or invalid, a raw connection attempt fails with the error of the key", async () => {
    const server = await startScriptedServer();
    const asking = newClient(server, { apiKey: () => Promise.reject(new Error("the vault is shut")) });
    expect(await rejection(asking.connect())).toMatchObject({ code: "unreachable", message: expect.stringContaining("vault") });
    const bad = newClient(server, { apiKey: () => "two words" });
    expect(await rejection(bad.connect())).toMatchObject({ code: "invalidParams", field: "apiKey" });
  });

  test("while the key is being read, a raw connection attempt ends at its time limit, or when its signal is aborted", async () => {
    const server = await startScriptedServer();
    const waiting = newClient(server, { apiKey: () => new Promise(() => {}), timeouts: { connectMs: 20 } });
    const signal = new AbortController();
    const cancelled = rejection(waiting.connect({ signal: signal.signal }));
    signal.abort();
    expect(await cancelled).toMatchObject({ code: "cancelled" });
    expect(await rejection(waiting.connect())).toMatchObject({ code: "unreachable", message: expect.stringContaining("20 ms") });
  });

  test("if a raw connection attempt is cancelled while it waits for the API key, no socket is opened", async () => {
    const server = await startScriptedServer();
    let giveKey = (_: string): void => {};
    const client = newClient(server, { apiKey: () => new Promise<string>((resolve) => (giveKey = resolve)) });
    const signal = new AbortController();
    const cancelled = rejection(client.connect({ signal: signal.signal }));
    signal.abort();
    await cancelled;
    giveKey("a-key");
    await settle();
    expect(server.connections).toHaveLength(0);
  });

  test("if the WebSocket constructor throws, a raw connection attempt fails with the code `unreachable`, and the error does not contain the key", async () => {
    class Refusing {
      constructor(url: string) {
        throw new SyntaxError(`'${url}' is not allowed here`);
      }
    }
    const server = await startScriptedServer();
    const client = newClient(server, { WebSocket: Refusing as never, apiKey: "secret-key", auth: "query" });
    const error = await rejection(client.connect());
    expect(error).toMatchObject({ code: "unreachable", message: expect.stringContaining("not allowed here") });
    expect(error.message).not.toContain("secret-key");
  });
});

describe("a slow reader", () => {
  test("a raw connection with a slow reader stops reading at the buffer limit if its socket can pause, and loses nothing", async () => {
    const { connection, control } = await setUp({ maxBufferedEvents: 20 });
    const padding = "x".repeat(10_000);
    const count = 2_000;
    for (let slot = 0; slot < count; slot++) control.send({ method: "slotNotification", params: slot, padding });
    await settle();
    // The server still has most of the 20 MB to send.
    expect(control.unsent).toBeGreaterThan(5_000_000);
    expect(slots(await take(connection, count))).toEqual(Array.from({ length: count }, (_, slot) => BigInt(slot)));
    await until(() => control.unsent === 0, "all is sent");
  });

  test("a raw connection with a slow reader stops reading at maxBufferedBytes, and loses nothing", async () => {
    const { connection, control } = await setUp({ maxBufferedBytes: 200_000 });
    const padding = "x".repeat(10_000);
    const count = 2_000;
    for (let slot = 0; slot < count; slot++) control.send({ method: "slotNotification", params: slot, padding });
    await settle();
    expect(control.unsent).toBeGreaterThan(5_000_000);
    expect(slots(await take(connection, count))).toEqual(Array.from({ length: count }, (_, slot) => BigInt(slot)));
  });

  test("in a browser, a raw connection closes when its buffer is full, but the buffered responses can still be read", async () => {
    const { connection, control } = await setUp({ maxBufferedEvents: 20, WebSocket: pageWebSocket });
    for (let slot = 0; slot < 50; slot++) control.respond(undefined, "slotNotification", slot);
    await connection.closed;
    const responses = connection.responses();
    const taken: bigint[] = [];
    for (let slot = 0; slot < 20; slot++) taken.push(...(slots([(await responses.next()).value as DecodedResponse]) as bigint[]));
    expect(taken).toEqual(Array.from({ length: 20 }, (_, slot) => BigInt(slot)));
    expect(await rejection(responses.next())).toMatchObject({
      code: "controlClosed",
      message: expect.stringContaining("faster than they were read"),
    });
    await control.ended;
  });
});

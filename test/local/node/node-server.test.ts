import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { type LocalServerOptions, type LocalSimulator, startLocalSimulator } from "../../../src/local/index.js";
import { LIMITS } from "../../../src/local/wire/simulator-limits.js";
import { overSockets } from "../node-front.js";
import {
  continueBy,
  createSession,
  drain,
  openSocket,
  results,
  subscribe,
  type TestSimulator,
  transactions,
} from "../wire-client.js";

async function running(options: LocalServerOptions = {}): Promise<LocalSimulator> {
  const sim = await startLocalSimulator({ startSlot: 100n, slots: 2_000, ...options });
  onTestFinished(() => sim.close());
  return sim;
}

/** Returns the HTTP status of an upgrade request, 101 if it was accepted. */
function upgradeStatus(url: string, headers: Record<string, string> = {}, protocols: string[] = []): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, { headers });
    socket.on("open", () => {
      socket.close();
      resolve(101);
    });
    socket.on("unexpected-response", (_, response) => {
      response.resume();
      resolve(response.statusCode);
    });
    socket.on("error", reject);
  });
}

/** Makes an HTTP call with headers that `fetch` would not send. */
function call(
  url: string,
  method: string,
  headers: Record<string, string>,
  body = "",
): Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers }));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

test("the server listens on a free loopback port, and frees it on close", async () => {
  const sim = await startLocalSimulator();
  expect(sim.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/backtest$/);
  expect(sim.httpUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await fetch(`${sim.httpUrl}/health`)).status).toBe(200);
  await sim.close();
  await expect(fetch(`${sim.httpUrl}/health`)).rejects.toThrow();
});

test("the error for a port that is in use contains a remedy", async () => {
  const sim = await running();
  const port = Number(new URL(sim.httpUrl).port);
  await expect(startLocalSimulator({ port })).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("in use"),
  });
});

test("closing the server closes connections in every state, and leaves no socket open", async () => {
  const open = (): number => process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout/.test(kind)).length;
  const before = open();
  const sim = await startLocalSimulator({ startSlot: 100n, slots: 100, slotDelayMs: 5 });
  const front: TestSimulator = { ...sim, fetch, open: (url) => new WebSocket(url) as never, close: () => sim.close() };
  const sessions = await Promise.all([1, 2, 3].map(() => createSession(front, { startSlot: 100n, endSlot: 150n })));
  for (const session of sessions) continueBy(session, 50);
  const subscription = await subscribe(front, sessions[0]!, transactions(sim.programs[0]));
  sim.faults.delay(60_000, { sessionId: sessions[1]?.sessionId });
  sim.faults.halfOpen({ sessionId: sessions[2]?.sessionId });
  const idle = connect(Number(new URL(sim.httpUrl).port), "127.0.0.1");
  await new Promise((resolve) => idle.once("connect", resolve));
  await upgradeStatus(`${sim.url}/nowhere`);
  await sim.close();
  await Promise.all([
    ...sessions.map(({ control }) => control.closed),
    subscription.closed,
    new Promise((resolve) => idle.once("close", resolve)),
  ]);
  await expect.poll(open).toBeLessThanOrEqual(before);
});

test("the server does not answer a ping on a half-open connection", async () => {
  const sim = await running();
  const pongs = (socket: WebSocket): { count: number } => {
    const seen = { count: 0 };
    socket.on("pong", () => seen.count++);
    return seen;
  };
  const silent = new WebSocket(sim.url);
  await new Promise((resolve) => silent.once("open", resolve));
  sim.faults.halfOpen();
  const healthy = new WebSocket(sim.url);
  await new Promise((resolve) => healthy.once("open", resolve));
  const [silentPongs, healthyPongs] = [pongs(silent), pongs(healthy)];
  silent.ping();
  for (let round = 1; round <= 3; round++) {
    healthy.ping();
    await expect.poll(() => healthyPongs.count).toBe(round);
  }
  expect(silentPongs.count).toBe(0);
});

describe("refused upgrades", () => {
  test("a refused upgrade closes the connection, even if the client keeps its side open", async () => {
    const sim = await running({ apiKey: "secret" });
    const { hostname, port } = new URL(sim.httpUrl);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.write(`GET /backtest HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`);
    socket.write("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    const answer: string[] = [];
    socket.on("data", (data) => answer.push(data.toString()));
    await new Promise((resolve) => socket.once("end", resolve));
    expect(answer.join("")).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
    const reset = new Promise((resolve) => socket.once("error", resolve));
    // The server has closed the connection, so the operating system answers one of these writes with a reset.
    const writing = setInterval(() => socket.write("still here"), 5);
    expect(await reset).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
    clearInterval(writing);
  });

  test("the status of a refused upgrade shows the reason, such as 401 for a wrong API key", async () => {
    const sim = await running({ apiKey: "secret" });
    expect(await upgradeStatus(sim.url)).toBe(401);
    expect(await upgradeStatus(sim.url, { "X-API-Key": "wrong" })).toBe(401);
    expect(await upgradeStatus(sim.url, { "X-API-Key": "secret" })).toBe(101);
    expect(await upgradeStatus(`${sim.url}/backtest_${"0".repeat(32)}`)).toBe(404);
    expect(await upgradeStatus(`${sim.httpUrl.replace("http", "ws")}/`)).toBe(404);
    sim.faults.refuseAuth();
    expect(await upgradeStatus(sim.url, { "X-API-Key": "secret" })).toBe(401);
    sim.faults.refuseUpgrade(503);
    expect(await upgradeStatus(sim.url, { "X-API-Key": "secret" })).toBe(503);
    expect(await upgradeStatus(sim.url, { "X-API-Key": "secret" })).toBe(101);
  });
});

describe("a request with a Host header", () => {
  /** Returns the statuses of an HTTP call and of an upgrade with this Host header. */
  const statuses = async ({ httpUrl, url }: LocalSimulator, host: string): Promise<(number | undefined)[]> => [
    (await call(`${httpUrl}/health`, "GET", { Host: host })).status,
    await upgradeStatus(url, { Host: host }),
  ];

  test.for(["127.0.0.1:4100", "127.9.8.7", "localhost:5173", "sim.localhost", "[::1]:4100", "[::ffff:127.0.0.1]:4100"])(
    "a request with the Host header %o is served",
    async (host) => {
      expect(await statuses(await running(), host)).toEqual([200, 101]);
    },
  );

  test.for([
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:4100",
    "10.0.0.1:4100",
    "[::ffff:10.0.0.1]",
    "0.0.0.0:4100",
    "127.0.0.1:99999",
    "user@127.0.0.1",
  ])("a request with the Host header %o is refused", async (host) => {
    expect(await statuses(await running(), host)).toEqual([403, 403]);
  });

  test("a request is served if the option allowedHosts contains its host, in any notation, or allows all hosts", async () => {
    const named = await running({ allowedHosts: ["Simulator.Internal", "::ffff:192.168.1.20"] });
    expect(await statuses(named, "simulator.internal:4100")).toEqual([200, 101]);
    expect(await statuses(named, "192.168.1.20")).toEqual([200, 101]);
    expect(await statuses(named, "other.internal")).toEqual([403, 403]);
    expect(await statuses(await running({ allowedHosts: ["*"] }), "other.internal")).toEqual([200, 101]);
    await expect(startLocalSimulator({ allowedHosts: ["localhost:4100"] })).rejects.toMatchObject({
      code: "invalidParams",
      field: "allowedHosts",
    });
  });

  test.for(["GET /health", "GET /backtest"])(
    "%s with several Host headers is refused, even if one of the hosts is allowed",
    async (target) => {
      const { hostname, port } = new URL((await running()).httpUrl);
      for (const hosts of [
        [hostname, "evil.example"],
        ["evil.example", hostname],
      ]) {
        const socket = connect(Number(port), hostname);
        socket.write(`${target} HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join("")}`);
        socket.write("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
        socket.write("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        const [data] = (await once(socket, "data")) as [Buffer];
        expect(data.toString()).toMatch(/^HTTP\/1\.1 403 /);
        socket.destroy();
      }
    },
  );

  test("a request is served if its host is the address that the simulator listens on", async () => {
    const sim = await running({ host: "0.0.0.0" });
    const { port } = new URL(sim.httpUrl);
    const local = { ...sim, httpUrl: `http://127.0.0.1:${port}`, url: `ws://127.0.0.1:${port}/backtest` };
    expect(await statuses(local, `0.0.0.0:${port}`)).toEqual([200, 101]);
    expect(await statuses(local, "evil.example")).toEqual([403, 403]);
  });
});

describe("web pages", () => {
  test.for([
    [undefined, true],
    ["http://localhost:5173", true],
    ["http://app.localhost", true],
    ["https://127.0.0.1:8443", true],
    ["http://[::1]:3000", true],
    ["https://evil.example", false],
    ["http://localhost.evil.example", false],
    ["http://127.0.0.1.evil.example", false],
    ["null", false],
  ] as const)("web pages from the origin %s can connect: %s", async ([origin, isLetIn]) => {
    const sim = await running();
    const headers: Record<string, string> = origin === undefined ? {} : { Origin: origin };
    expect(await upgradeStatus(sim.url, headers)).toBe(isLetIn ? 101 : 403);
    const answer = await call(`${sim.httpUrl}/health`, "GET", headers);
    expect(answer.status).toBe(isLetIn ? 200 : 403);
    expect(answer.headers["access-control-allow-origin"]).toBe(isLetIn ? origin : undefined);
  });

  test("web pages are accepted if allowedOrigins contains their origin or allows all origins", async () => {
    const named = await running({ allowedOrigins: ["https://dashboard.example", "null"] });
    expect(await upgradeStatus(named.url, { Origin: "https://dashboard.example" })).toBe(101);
    expect(await upgradeStatus(named.url, { Origin: "null" })).toBe(101);
    expect(await upgradeStatus(named.url, { Origin: "https://other.example" })).toBe(403);
    const all = await running({ allowedOrigins: ["*"] });
    expect(await upgradeStatus(all.url, { Origin: "https://other.example" })).toBe(101);
  });

  test("web pages get answers to CORS preflights, including those for private networks", async () => {
    const sim = await running();
    const { status, headers } = await call(`${sim.httpUrl}/available-ranges`, "OPTIONS", {
      Origin: "http://localhost:5173",
      "Access-Control-Request-Method": "GET",
      "Access-Control-Request-Headers": "x-api-key",
      "Access-Control-Request-Private-Network": "true",
    });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      "access-control-allow-origin": "http://localhost:5173",
      "access-control-allow-headers": "x-api-key",
      "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
      "access-control-allow-private-network": "true",
      vary: "Origin",
    });
    const refused = await call(`${sim.httpUrl}/available-ranges`, "OPTIONS", { Origin: "https://evil.example" });
    expect(refused.status).toBe(403);
  });
});

test("a request body above the limit is refused", async () => {
  const sim = await running();
  const { status } = await call(`${sim.httpUrl}/health`, "POST", {}, "x".repeat(LIMITS.bodyBytes + 1));
  expect(status).toBe(413);
});

test("a frame above the limit closes the connection", async () => {
  const sim = await overSockets({ startSlot: 100n });
  onTestFinished(() => sim.close());
  const socket = await openSocket(sim);
  socket.send("x".repeat(LIMITS.frameBytes + 1));
  expect((await socket.closed).code).toBe(1009);
});

test("if a client stops reading for some time, the session completes, and the client receives all notifications later", async () => {
  const sim = await overSockets({ startSlot: 100n, slots: 2_000, transactionsPerSlot: 6 });
  onTestFinished(() => sim.close());
  const session = await createSession(sim, { startSlot: 100n, endSlot: 1_599n });
  const raw = new WebSocket(session.wsUrl);
  const slow = await openSocket({ ...sim, open: () => raw as never }, session.wsUrl);
  slow.send({ jsonrpc: "2.0", id: 1, ...transactions(sim.programs[0]) });
  await slow.answer(1);
  raw.pause();
  continueBy(session, 10_000);
  await session.control.method("completed");
  const recorded = sim.record.session(session.sessionId);
  const expected = recorded?.notifications("transaction", sim.programs[0] ?? "") ?? [];
  const size = expected.reduce((total, result) => total + result.json().length, 0);
  // Many notifications are not sent yet, because the client does not read.
  expect(recorded?.notificationsSent).toBeLessThan(expected.length * 0.9);
  expect(size).toBeGreaterThan(8 * LIMITS.socketBacklogBytes);
  raw.resume();
  expect(results(await drain(slow))).toEqual(expected.map((result) => result.json()));
}, 60_000);

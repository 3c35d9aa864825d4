import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Failure } from "../../src/connection/connection-state.js";
import { DEFAULT_RECONNECT } from "../../src/connection/reconnect-policy.js";
import { ConnectionRunner, type RunnerOptions } from "../../src/connection/runner.js";
import { DEFAULT_TIMEOUTS } from "../../src/connection/session-timeouts.js";
import type { ConnectionStatus } from "../../src/connection/status.js";
import { redactor } from "../../src/protocol/redact.js";
import { authorize } from "../../src/transport/auth.js";
import { defaultPlatform } from "../../src/transport/default-platform.js";
import { DEFAULT_LIVENESS } from "../../src/transport/liveness.js";
import { FakePlatform } from "../support/fake-platform.js";
import { type RealServer, startRealServer } from "../transport/real-server.js";
import { ScriptedChannel } from "./scripted-channel.js";

/** A runner with real sockets and a fake clock. A test can await its statuses and its end. */
class Watched {
  readonly platform = new FakePlatform({ ...(defaultPlatform.WebSocket && { WebSocket: defaultPlatform.WebSocket }) });
  readonly channel = new ScriptedChannel();
  readonly statuses: ConnectionStatus[] = [];
  readonly runner: ConnectionRunner;
  readonly ended: Promise<Failure | undefined>;
  #waiting: { isIt(status: ConnectionStatus): boolean; resolve(status: ConnectionStatus): void } | undefined;

  constructor(apiKey?: string, role: RunnerOptions["role"] = "control", reconnect = DEFAULT_RECONNECT) {
    let handleEnd = (_: Failure | undefined): void => {};
    this.ended = new Promise((resolve) => {
      handleEnd = resolve;
    });
    this.runner = new ConnectionRunner(this.channel, {
      platform: this.platform,
      reconnect,
      timeouts: DEFAULT_TIMEOUTS,
      liveness: DEFAULT_LIVENESS,
      role,
      redact: redactor([apiKey]),
      handleStatus: (status) => {
        this.statuses.push(status);
        if (this.#waiting?.isIt(status)) this.#waiting.resolve(status);
      },
      handleEnd,
    });
  }

  /** Resolves with the next status in which the state or the phase equals `what`. */
  becomes(what: string): Promise<ConnectionStatus> {
    const isIt = (status: ConnectionStatus): boolean =>
      status.state === what || (status.state === "down" && status.phase === what);
    return new Promise((resolve) => {
      this.#waiting = { isIt, resolve };
    });
  }
}

describe("a runner over real sockets", () => {
  let server: RealServer;
  let watched: Watched;

  beforeEach(async () => {
    server = await startRealServer();
    watched = new Watched();
    watched.channel.target = () => ({ url: server.url });
  });

  afterEach(async () => {
    watched.runner.cancel();
    await server.close();
  });

  async function comeUp() {
    const up = watched.becomes("up");
    watched.runner.start();
    const { socket } = await server.next();
    socket.send("hello");
    await up;
    return socket;
  }

  for (const [status, code] of [
    [401, "unauthorized"],
    [403, "unauthorized"],
    [404, "unreachable"],
  ] as const) {
    test(`a first control connection that is refused with ${status} fails at once with ${code}`, async () => {
      server.refuse(status);
      watched.runner.start();
      const failure = await watched.ended;
      expect(failure).toMatchObject({
        cause: "refused",
        reason: `the server refused the connection: HTTP ${status}`,
        error: { name: "SimulatorError", code, status },
      });
      expect(server.upgrades).toBe(1);
      expect(watched.platform.timers).toEqual([]);
    });
  }

  for (const status of [200, 204, 301, 302, 308, 400, 405, 410, 426]) {
    test(`a first control connection that is refused with ${status} fails at once, because a retry cannot succeed`, async () => {
      server.refuse(status);
      watched.runner.start();
      expect(await watched.ended).toMatchObject({ cause: "refused", error: { code: "unreachable", status } });
      expect(server.upgrades).toBe(1);
    });
  }

  test("a redirect fails the connection, and the reason names the target", async () => {
    server.refuse(301, "https://elsewhere.example/backtest");
    watched.runner.start();
    expect((await watched.ended)?.reason).toBe(
      "the server refused the connection: HTTP 301 (redirected to https://elsewhere.example/backtest)",
    );
  });

  test("a secret in a long redirect is removed before the redirect target is shortened, so no part of the secret remains", async () => {
    const start = "https://elsewhere.example/".padEnd(296, "x");
    server.refuse(301, `${start}s3cret`);
    const own = new Watched("s3cret");
    own.channel.target = () => ({ url: server.url });
    own.runner.start();
    const { reason = "" } = (await own.ended) ?? {};
    expect(reason).toContain(start);
    expect(reason).not.toContain("s3c");
  });

  for (const status of [408, 409, 425, 429, 500, 502, 503, 504]) {
    test(`a first control connection that is refused with ${status} is retried`, async () => {
      server.refuse(status);
      const backingOff = watched.becomes("backingOff");
      watched.runner.start();
      expect(await backingOff).toMatchObject({ attempt: 1, reason: `HTTP ${status}` });
      server.refuse(undefined);
      const up = watched.becomes("up");
      await watched.platform.advance(1_000);
      const { socket } = await server.next();
      socket.send("hello");
      await up;
      expect(server.upgrades).toBe(2);
    });
  }

  test.each([301, 400, 401, 403, 404, 503])("a reconnect that is refused with %d is retried", async (status) => {
    const peer = await comeUp();
    server.refuse(status);
    let backingOff = watched.becomes("backingOff");
    peer.close(1012, "redeploy");
    expect(await backingOff).toMatchObject({ reason: "1012 service restart (redeploy)" });
    backingOff = watched.becomes("backingOff");
    await watched.platform.advance(1_000);
    expect(await backingOff).toMatchObject({ attempt: 2, reason: `HTTP ${status}` });
    server.refuse(undefined);
    const up = watched.becomes("up");
    await watched.platform.advance(10_000);
    (await server.next()).socket.send("hello");
    await up;
  });

  test.each([301, 400, 401, 403, 404, 503])(
    "a subscription retries its first connection if the server responds with HTTP %d",
    async (status) => {
      const own = new Watched(undefined, "subscription");
      own.channel.target = () => ({ url: server.url });
      server.refuse(status);
      const backingOff = own.becomes("backingOff");
      own.runner.start();
      expect(await backingOff).toMatchObject({ attempt: 1, reason: `HTTP ${status}` });
      own.runner.cancel();
    },
  );

  test("a connection ends with the cause `unreachable` and the last HTTP status if all attempts fail before a socket has opened", async () => {
    const own = new Watched(undefined, "control", { ...DEFAULT_RECONNECT, maxAttempts: 1 });
    own.channel.target = () => ({ url: server.url });
    server.refuse(503);
    const backingOff = own.becomes("backingOff");
    own.runner.start();
    await backingOff;
    await own.platform.advance(2_000);
    expect(await own.ended).toMatchObject({ cause: "unreachable", error: { code: "unreachable", status: 503 } });
  });

  test("a runner reconnects after a cut and after a close with any code", async () => {
    let peer = await comeUp();
    for (const end of [() => peer.terminate(), () => peer.close(1000), () => peer.close(1012), () => peer.close(1001)]) {
      const backingOff = watched.becomes("backingOff");
      end();
      await backingOff;
      const up = watched.becomes("up");
      // 10 s is longer than each backoff of this test.
      await watched.platform.advance(10_000);
      peer = (await server.next()).socket;
      peer.send("hello");
      await up;
    }
  });

  test("the close handshake completes while reading is paused", async () => {
    const peer = await comeUp();
    const heard = new Promise((resolve) => peer.once("message", (data) => resolve(data.toString())));
    watched.runner.pauseIntake();
    watched.runner.close();
    expect(await heard).toBe("close request");
    expect(await watched.ended).toBeUndefined();
    expect(watched.platform.timers).toEqual([]);
  });

  test("a runner disconnects from a peer that never answers the close frame", async () => {
    const peer = await comeUp();
    peer.pause();
    watched.runner.close();
    const cut = new Promise((resolve) => peer.once("close", resolve));
    await watched.platform.advance(1_000);
    expect(await watched.ended).toBeUndefined();
    peer.resume();
    await cut;
  });

  test("a runner that is cancelled still sends the close request", async () => {
    const peer = await comeUp();
    const heard = new Promise((resolve) => peer.once("message", (data) => resolve(data.toString())));
    watched.runner.cancel();
    expect(await heard).toBe("close request");
  });

  test("a runner keeps the connection to a silent peer that answers pings", async () => {
    const peer = await comeUp();
    for (let i = 0; i < 5; i++) {
      const pinged = new Promise((resolve) => peer.once("ping", resolve));
      await watched.platform.advance(15_000);
      await pinged;
      // The peer sends a frame after the pong. When this frame arrives, the pong has arrived too.
      const came = new Promise<void>((resolve) => {
        watched.channel.handleFrame = () => resolve();
      });
      peer.send("after the pong");
      await came;
    }
    expect(watched.runner.status).toEqual({ state: "up" });
  });

  test("no message about a refused connection contains the key, in any auth mode", async () => {
    const apiKey = "s3cret+/key?";
    for (const mode of ["header", "subprotocol", "query"] as const) {
      const own = new Watched(apiKey);
      own.channel.target = () => authorize(server.url, { mode, apiKey, headers: {}, userAgent: "test" });
      server.refuse(401);
      own.runner.start();
      const reported = inspect([await own.ended, own.statuses], { depth: 10 });
      expect(reported).toContain("401");
      expect(reported).not.toMatch(/s3cret|czNjcmV0/);
    }
  });
});

describe("a port without a listener", () => {
  for (const host of ["127.0.0.1", "localhost"]) {
    test(`a connection to a port without a listener is retried, and the status has the reason: ${host}`, async () => {
      const unused = createServer();
      await new Promise<void>((resolve) => unused.listen(0, resolve));
      const { port } = unused.address() as AddressInfo;
      await new Promise((resolve) => unused.close(resolve));
      const watched = new Watched();
      watched.channel.target = () => ({ url: `ws://${host}:${port}` });
      const backingOff = watched.becomes("backingOff");
      watched.runner.start();
      expect(await backingOff).toMatchObject({ reason: expect.stringContaining("ECONNREFUSED") });
      watched.runner.cancel();
    });
  }
});

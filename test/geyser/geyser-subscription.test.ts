import { EventEmitter } from "eventemitter3";
import { describe, expect, it } from "vitest";
import { toContext } from "../../src/client/client-options.js";
import { ReconnectCoordinator } from "../../src/connection/reconnect-coordinator.js";
import { type GeyserEvent, type GeyserOptions, subscribeGeyser } from "../../src/geyser/index.js";
import type { SimulatorError } from "../../src/protocol/simulator-error.js";
import { CoverageTracker } from "../../src/session/coverage.js";
import { Counters } from "../../src/session/diagnostics.js";
import type { SubscribableSession } from "../../src/session/subscribable-session.js";
import { FakePlatform, settle } from "../support/fake-platform.js";
import { fakeGrpc } from "./fake-grpc.js";

const RANGE = { startSlot: 100n, endSlot: 109n };
const SESSION_ID = `backtest_${"0".repeat(32)}`;
const PONG = { pong: { id: 1 } };
const block = (slot: bigint): object => ({ filters: ["all"], blockMeta: { slot, blockhash: `hash ${slot}` } });

interface WorldOptions extends GeyserOptions {
  url?: string;
  maxBufferedEvents?: number;
  maxAttempts?: number;
  coordinator?: { gate: ReconnectCoordinator; owner: unknown };
}

/** Opens a Geyser subscription with a virtual clock, a fake session and a fake server. */
function openWorld({ maxBufferedEvents = 1_000, maxAttempts = 20, coordinator, ...options }: WorldOptions = {}) {
  const platform = new FakePlatform({ hasPage: false });
  const context = toContext({
    url: "wss://simulator.example",
    apiKey: "the-api-key",
    headers: { "X-Team": "blue" },
    logger: false,
    platform,
    maxBufferedEvents,
    reconnect: { maxAttempts },
  });
  const { grpc, calls } = fakeGrpc();
  const coverage = new CoverageTracker(RANGE);
  const counters = new Counters();
  let holds = 0;
  let endSession = (_: { reason: string; error?: SimulatorError }): void => {};
  const session = Object.assign(new EventEmitter(), {
    closed: new Promise((resolve) => {
      endSession = resolve;
    }),
    engine: {
      context,
      counters,
      coverage,
      link: {
        range: RANGE,
        coordinator,
        label: "the session",
        info: { sessionId: SESSION_ID, rpcEndpoint: "https://simulator.example/x" },
      },
      closing: { hasEnded: false, hold: () => void holds++, release: () => void holds-- },
      handleTraffic: () => {},
      handleDuplicate: () => void counters.duplicatesDropped++,
    },
  });
  const stream = subscribeGeyser(session as unknown as SubscribableSession, { slots: { all: {} } }, { grpc, ...options });
  const events: GeyserEvent[] = [];
  return {
    platform,
    calls,
    stream,
    events,
    counters,
    endSession: (end: { reason: string; error?: SimulatorError }) => endSession(end),
    complete: () => {
      coverage.markCompleted();
      session.emit("progress");
    },
    holds: () => holds,
    listen: () => {
      for (const type of ["blockMeta", "slot", "continuity", "unrecognized"] as const)
        stream.on(type, (event) => events.push(event));
    },
    last: () => calls.at(-1)!,
    /** Accepts the newest call. */
    accept: async () => {
      await settle();
      const call = calls.at(-1)!;
      call.accept();
      call.send(PONG);
      await settle();
      return call;
    },
  };
}

describe("a Geyser subscription", () => {
  it("a Geyser subscription calls the gRPC method Subscribe of its session, and sends the client's key to the service's own origin", async () => {
    const { accept, stream } = openWorld();
    const call = await accept();
    expect(call.address).toBe("dns:simulator.example:443");
    expect(call.path).toBe(`/backtest/${SESSION_ID}/geyser.Geyser/Subscribe`);
    expect(Object.fromEntries(call.metadata)).toEqual({ "x-team": "blue", "x-api-key": "the-api-key", "x-token": "the-api-key" });
    expect(stream.connection).toEqual({ state: "up" });
    await stream.ready;
  });

  it("a Geyser subscription sends the client's API key only to the origin of the client's `url`", async () => {
    const other = openWorld({ url: "http://127.0.0.1:4110" });
    expect([...(await other.accept()).metadata]).toEqual([]);
    expect(other.last().address).toBe("dns:127.0.0.1:4110");
    const own = openWorld({ token: () => "chosen" });
    expect((await own.accept()).metadata.get("x-token")).toBe("chosen");
  });

  it("a Geyser subscription is ready 5 s after the server has accepted the call, even if the server answers no pings", async () => {
    const { platform, last, stream } = openWorld();
    await settle();
    last().accept();
    await platform.advance(4_999);
    expect(stream.connection).toMatchObject({ state: "down", phase: "handshaking" });
    await platform.advance(2);
    expect(stream.connection).toEqual({ state: "up" });
  });

  it("a Geyser subscription pings a silent server, and reconnects if nothing is received for 45 s", async () => {
    const { platform, accept, calls, counters } = openWorld();
    const call = await accept();
    const pings = (): number => call.requests.filter(({ ping }) => ping !== undefined).length;
    const before = pings();
    await platform.advance(15_000);
    expect(pings()).toBe(before + 1);
    call.send(PONG);
    await platform.advance(44_000);
    expect(call.isCancelled).toBe(false);
    await platform.advance(20_000);
    expect(call.isCancelled).toBe(true);
    expect(calls).toHaveLength(2);
    expect(counters.losses).toEqual({ geyser: { "nothing was received for 45 s": 1 } });
  });

  it("a Geyser subscription waits between attempts, and fails when the retry budget is spent", async () => {
    const { platform, calls, stream, holds } = openWorld({ maxAttempts: 3 });
    await settle();
    const times: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      times.push(platform.now());
      calls[attempt]?.emit("error", { code: 14, details: "No connection established" });
      for (let ms = 0; ms < 60_000 && calls.length === attempt + 1; ms += 100) await platform.advance(100);
    }
    expect(calls).toHaveLength(4);
    const waits = times.slice(1).map((time, index) => time - (times[index] as number));
    expect(waits[2]).toBeGreaterThan(waits[1] as number);
    const end = await stream.closed;
    expect(end).toMatchObject({ reason: "failed", error: { code: "subscriptionFailed" } });
    expect(end.error?.message).toContain("gave up after 3 attempts");
    expect(end.error?.message).toContain("No connection established");
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toBe(end.error);
    expect(holds()).toBe(0);
  });

  it("after 5 failed attempts, a Geyser subscription waits for the permission to reconnect (`parked`)", async () => {
    const gate = new ReconnectCoordinator();
    const other = gate.enter("another session");
    const { platform, calls, stream } = openWorld({ coordinator: { gate, owner: "this session" } });
    await settle();
    for (let attempt = 0; attempt < 5; attempt++) {
      calls[attempt]?.emit("error", { code: 14, details: "" });
      await platform.advance(40_000);
    }
    expect(stream.connection).toMatchObject({ phase: "parked" });
    other.release();
    await settle();
    expect(calls).toHaveLength(6);
  });

  it("a Geyser subscription cancels its gRPC call after a pause of 30 s, and continues in a new call without a gap", async () => {
    const { platform, accept, listen, events, calls } = openWorld({ maxBufferedEvents: 4 });
    const call = await accept();
    for (let slot = 100n; slot < 104n; slot++) call.send(block(slot));
    expect(call.isPaused).toBe(true);
    // A paused call still emits the updates that it has already read.
    call.send(block(104n));
    await platform.advance(30_001);
    expect(call.isCancelled).toBe(true);
    listen();
    await settle();
    const second = await accept();
    expect(calls).toHaveLength(2);
    expect(second.requests[0]).toMatchObject({ fromSlot: 103n });
    for (let slot = 103n; slot < 106n; slot++) second.send(block(slot));
    await settle();
    expect(events.flatMap((event) => ("slot" in event ? [event.slot] : []))).toEqual([100n, 101n, 102n, 103n, 104n, 105n]);
  });

  it("a Geyser subscription resumes its paused gRPC call when the consumer has read the buffered updates", async () => {
    const { accept, listen, events } = openWorld({ maxBufferedEvents: 4 });
    const call = await accept();
    for (let slot = 100n; slot < 104n; slot++) call.send(block(slot));
    expect(call.isPaused).toBe(true);
    listen();
    await settle();
    expect(call.isPaused).toBe(false);
    expect(events).toHaveLength(4);
  });

  it("if the stream of a Geyser subscription ends with OK, the subscription waits 2 s for the end of the session, and then reconnects", async () => {
    const { platform, accept, calls, stream } = openWorld();
    const call = await accept();
    call.send(block(100n));
    call.end(0);
    await platform.advance(1_999);
    expect(stream.connection).toEqual({ state: "up" });
    await platform.advance(5_000);
    expect(calls).toHaveLength(2);
  });

  it("a Geyser subscription ends with `completed` if the server ends the stream shortly before the session completes", async () => {
    const { platform, accept, complete, stream, holds } = openWorld();
    const call = await accept();
    call.end(0);
    await platform.advance(500);
    expect(holds()).toBe(1);
    complete();
    await platform.advance(0);
    expect(await stream.closed).toEqual({ reason: "completed" });
    expect(holds()).toBe(0);
    expect(platform.timers).toEqual([]);
  });

  it("after the session has completed, a Geyser subscription ends 10 s after the last update", async () => {
    const { platform, accept, complete, stream } = openWorld();
    const call = await accept();
    complete();
    for (let slot = 100n; slot < 105n; slot++) {
      await platform.advance(9_000);
      call.send(block(slot));
    }
    expect(stream.connection).toEqual({ state: "up" });
    await platform.advance(10_001);
    expect(await stream.closed).toEqual({ reason: "completed" });
    expect(call.isCancelled).toBe(true);
  });

  it("a Geyser subscription ends with its session: the iterator ends after a shutdown, and throws after a failure", async () => {
    const shut = openWorld();
    (await shut.accept()).send(block(100n));
    shut.endSession({ reason: "shutdown" });
    const iterator = shut.stream[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: { slot: 100n } });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await shut.stream.closed).toEqual({ reason: "closed" });
    const failed = openWorld();
    await failed.accept();
    const error = Object.assign(new Error("the session failed"), { code: "remote" }) as unknown as SimulatorError;
    failed.endSession({ reason: "failed", error });
    await expect(failed.stream[Symbol.asyncIterator]().next()).rejects.toBe(error);
    expect(failed.platform.timers).toEqual([]);
  });

  it("a Geyser subscription has no timer and has released its session after unsubscribe(), an abort, or `await using`", async () => {
    const controller = new AbortController();
    const bySignal = openWorld({ signal: controller.signal });
    await bySignal.accept();
    controller.abort(new Error("enough"));
    await settle();
    await expect(bySignal.stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "cancelled" });
    const byCall = openWorld();
    const call = await byCall.accept();
    await byCall.stream.unsubscribe();
    expect(call.isCancelled).toBe(true);
    const beforeOpen = openWorld();
    await beforeOpen.stream[Symbol.asyncDispose]();
    await expect(beforeOpen.stream.ready).rejects.toMatchObject({ code: "controlClosed" });
    for (const { platform, holds } of [bySignal, byCall, beforeOpen]) {
      expect(platform.timers).toEqual([]);
      expect(holds()).toBe(0);
    }
  });

  it("subscribeGeyser refuses an aborted signal, a wrong module, and an object that is not a session", () => {
    expect(() => openWorld({ signal: AbortSignal.abort() })).toThrow(expect.objectContaining({ code: "cancelled" }));
    expect(() => openWorld({ grpc: {} as never })).toThrow("grpc: expected the module @grpc/grpc-js");
    expect(() => subscribeGeyser({} as SubscribableSession, { slots: { all: {} } })).toThrow("session: expected a session");
  });

  it("a connection listener of a Geyser subscription receives the changes of the connection, and consumes no updates", async () => {
    const world = openWorld();
    const states: string[] = [];
    world.stream.on("connection", ({ state }) => states.push(state));
    (await world.accept()).send(block(100n));
    await settle();
    expect(states.at(-1)).toBe("up");
    expect(world.stream.buffered).toBe(1);
  });

  it("only one loop at a time can read the updates of a Geyser subscription", async () => {
    const world = openWorld();
    const call = await world.accept();
    for (const slot of [100n, 101n]) call.send(block(slot));
    for await (const event of world.stream) {
      expect(event).toMatchObject({ slot: 100n });
      await expect(world.stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "consumerBusy" });
      break;
    }
    expect(await world.stream[Symbol.asyncIterator]().next()).toMatchObject({ value: { slot: 101n } });
  });
});

import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ManagedEvent } from "../../src/channels/managed-events.js";
import type { WebSocketLike } from "../../src/transport/websocket-like.js";
import {
  ACCOUNT,
  acceptDiffs,
  brief,
  CREATE,
  diff,
  newClient,
  OTHER_PROGRAM,
  PROGRAM,
  pageWebSocket,
  rejection,
  SESSION_ID,
  settle,
  startSession,
  take,
  takeAll,
  takeUntil,
  until,
} from "../session/session-rig.js";
import type { ScriptedSubscription } from "../support/scripted-server.js";
import { startScriptedServer } from "../support/scripted-server.js";

const U64_MAX = 18_446_744_073_709_551_615n;
const NOTIFICATION = "accountDiffNotification";

function diffsOf(events: readonly ManagedEvent[], program = PROGRAM): string[] {
  return events.flatMap((event) =>
    event.type === "accountDiff" && event.program === program ? [event.diff.signature ?? ""] : [],
  );
}

async function setUp(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const client = newClient(server, options);
  const setup = await startSession(server, client, { startSlot: 100, endSlot: U64_MAX });
  return { server, client, ...setup };
}

describe("a subscription", () => {
  test("a subscription to account diffs sends accountDiffSubscribe, and delivers notifications with 64-bit integers as bigint", async () => {
    const { server, session } = await setUp();
    const subscription = session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await server.subscription();
    expect(diffs.url).toBe(`/backtest/${SESSION_ID}`);
    expect(await diffs.message()).toEqual({
      jsonrpc: "2.0",
      id: 1,
      method: "accountDiffSubscribe",
      params: [PROGRAM, { address_type: "program", compression: "zstd" }],
    });
    diffs.acknowledge(1, 7);
    await subscription.ready;
    expect(subscription.kind).toBe("accountDiff");
    expect(subscription.connection).toEqual({ state: "up" });
    const account = {
      lamports: U64_MAX,
      data: ["AQ==", "base64"],
      owner: OTHER_PROGRAM,
      executable: false,
      rentEpoch: U64_MAX,
      space: 1,
    };
    diffs.notify(NOTIFICATION, 7, {
      context: { slot: U64_MAX },
      account: ACCOUNT,
      signature: null,
      tx_index: 3,
      block_time: 5,
      post: account,
    });
    const events = await takeUntil(session, "accountDiff");
    expect(events.at(-1)).toEqual({
      type: "accountDiff",
      subscriptionId: "accountDiff-1",
      program: PROGRAM,
      diff: { context: { slot: U64_MAX }, account: ACCOUNT, txIndex: 3, blockTime: 5n, post: { ...account, space: 1n } },
    });
  });

  test("a subscription to transactions sends one transactionSubscribe per program, and delivers the notifications", async () => {
    const { server, session } = await setUp();
    session.subscribeTransactions([PROGRAM, OTHER_PROGRAM]);
    const subscription = await server.subscription();
    for (const [index, program] of [PROGRAM, OTHER_PROGRAM].entries()) {
      const subscribe = await subscription.accept("transactionSubscribe", index + 1);
      expect(subscribe).toEqual({ filter: { mentions: [program] }, config: { commitment: "confirmed", compression: "zstd" } });
    }
    const transaction = {
      slot: 101,
      transaction: ["AQ==", "base64"],
      meta: { err: null, fee: 5000, preBalances: [U64_MAX], postBalances: [0] },
    };
    subscription.notify("transactionNotification", 2, transaction);
    expect((await takeUntil(session, "transaction")).at(-1)).toEqual({
      type: "transaction",
      subscriptionId: "transaction-1",
      program: OTHER_PROGRAM,
      transaction: {
        slot: 101n,
        transaction: ["AQ==", "base64"],
        meta: { err: null, fee: 5000n, preBalances: [U64_MAX], postBalances: [0n] },
      },
    });
  });

  test("each subscribe call opens its own connection, and requests its programs in order", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    session.subscribeAccountDiffs([OTHER_PROGRAM, PROGRAM]);
    const connections = [await server.subscription(), await server.subscription()];
    const filters = connections.map(async (each) => (await each.expect("accountDiffSubscribe")).filter);
    const [one, two] = (await Promise.all(filters)) as [string, string];
    const second = connections[one === OTHER_PROGRAM ? 0 : 1]!;
    expect([one, two].sort()).toEqual([OTHER_PROGRAM, PROGRAM]);
    expect((await second.expect("accountDiffSubscribe")).filter).toBe(PROGRAM);
  });

  test("notifications with 64-bit subscription ids that differ by 1 are delivered for the right programs", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
    const diffs = await server.subscription();
    await diffs.accept("accountDiffSubscribe", U64_MAX);
    await diffs.accept("accountDiffSubscribe", U64_MAX - 1n);
    diffs.notify(NOTIFICATION, U64_MAX, diff(100, "a"));
    diffs.notify(NOTIFICATION, U64_MAX - 1n, diff(100, "b"));
    const events = await takeUntil(session, "accountDiff").then(async (first) => [...first, ...(await take(session, 1))]);
    expect([diffsOf(events), diffsOf(events, OTHER_PROGRAM)]).toEqual([["a"], ["b"]]);
  });
});

describe("acknowledgements", () => {
  test("a subscription delivers every event in order if an acknowledgement arrives before, between or after notifications", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
    const diffs = await server.subscription();
    const one = await diffs.expect("accountDiffSubscribe");
    const two = await diffs.expect("accountDiffSubscribe");
    // Notifications of the first subscription arrive both before its acknowledgement and between the two acknowledgements.
    diffs.notify(NOTIFICATION, 7, diff(100, "a1"), diff(101, "a2"));
    diffs.notify(NOTIFICATION, 8, diff(100, "b1"));
    diffs.acknowledge(one.id, 7);
    diffs.notify(NOTIFICATION, 7, diff(102, "a3"));
    diffs.notify(NOTIFICATION, 8, diff(101, "b2"));
    diffs.acknowledge(two.id, 8);
    diffs.notify(NOTIFICATION, 7, diff(103, "a4"));
    diffs.notify(NOTIFICATION, 8, diff(102, "b3"));
    diffs.complete(7, 8);
    await until(() => session.diagnostics.queueLength === 8, "all that was sent");
    const events = await take(session, 8);
    expect(diffsOf(events)).toEqual(["a1", "a2", "a3", "a4"]);
    expect(diffsOf(events, OTHER_PROGRAM)).toEqual(["b1", "b2", "b3"]);
    expect(session.diagnostics).toMatchObject({ malformed: 0, duplicatesDropped: 0 });
  });

  test("a subscription accepts the acknowledgements of its streams in any order", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
    const diffs = await server.subscription();
    const one = await diffs.expect("accountDiffSubscribe");
    const two = await diffs.expect("accountDiffSubscribe");
    diffs.acknowledge(two.id, 8);
    diffs.notify(NOTIFICATION, 8, diff(100, "b1"));
    diffs.complete(8);
    diffs.acknowledge(one.id, 7);
    diffs.notify(NOTIFICATION, 7, diff(100, "a1"));
    diffs.complete(7);
    control.respond(3, "completed", {});
    const events = await takeAll(session);
    expect([diffsOf(events), diffsOf(events, OTHER_PROGRAM)]).toEqual([["a1"], ["b1"]]);
    expect(events.at(-1)).toEqual({ type: "completed" });
  });

  test("a missing acknowledgement causes a reconnect", async () => {
    const { server, session } = await setUp({ timeouts: { handshakeMs: 400 } });
    const subscription = session.subscribeAccountDiffs([PROGRAM]);
    await (await server.subscription()).expect("accountDiffSubscribe");
    await acceptDiffs(server);
    await expect(subscription.ready).resolves.toBeUndefined();
  });

  test.each([null, "seven", {}, [7], true, -1, 7.5])(
    "an acknowledgement with the invalid subscription id %j makes the subscription reconnect at once",
    async (result) => {
      const { server, session } = await setUp();
      session.subscribeAccountDiffs([PROGRAM]);
      const diffs = await server.subscription();
      const { id } = await diffs.expect("accountDiffSubscribe");
      diffs.send({ jsonrpc: "2.0", id, result });
      (await acceptDiffs(server)).notify(NOTIFICATION, 7, diff(100, "a"));
      const events = await takeUntil(session, "accountDiff");
      expect(diffsOf(events)).toEqual(["a"]);
      expect(events).toContainEqual({
        type: "unrecognized",
        subscriptionId: "accountDiff-1",
        raw: expect.any(String),
        reason: expect.stringContaining("an invalid or duplicate subscription id"),
      });
    },
  );

  test("a subscription connects again if the server acknowledges two filters with the same subscription id", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
    const same = await server.subscription();
    await same.accept("accountDiffSubscribe", 7);
    await same.accept("accountDiffSubscribe", 7);
    const diffs = await server.subscription();
    await diffs.accept("accountDiffSubscribe", 7);
    await diffs.accept("accountDiffSubscribe", 8);
    diffs.notify(NOTIFICATION, 8, diff(100, "b"));
    expect(diffsOf(await takeUntil(session, "accountDiff"), OTHER_PROGRAM)).toEqual(["b"]);
  });

  test("a subscription with two subscribe requests is not ready if the server acknowledges one of the requests twice", async () => {
    const { server, session } = await setUp({ timeouts: { handshakeMs: 400 } });
    const subscription = session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
    const twice = await server.subscription();
    const { id } = await twice.expect("accountDiffSubscribe");
    await twice.expect("accountDiffSubscribe");
    twice.acknowledge(id, 7);
    twice.acknowledge(id, 8);
    const diffs = await server.subscription();
    expect(subscription.connection.state).toBe("down");
    await diffs.accept("accountDiffSubscribe", 1);
    await diffs.accept("accountDiffSubscribe", 2);
    await expect(subscription.ready).resolves.toBeUndefined();
  });

  test("a missing acknowledgement causes a reconnect after twice handshakeMs, even if other frames arrive", async () => {
    const { server, session } = await setUp({ timeouts: { handshakeMs: 400 } });
    session.subscribeAccountDiffs([PROGRAM]);
    const noisy = await server.subscription();
    await noisy.expect("accountDiffSubscribe");
    let isAccepted = false;
    const noise = (async () => {
      while (!isAccepted) {
        if (noisy.isOpen) noisy.notify("somethingElse", 5, 1);
        await settle();
      }
    })();
    await acceptDiffs(server);
    isAccepted = true;
    await noise;
  });
});

describe("after a lost connection", () => {
  test("after a lost connection, a subscription continues at the last received slot without duplicates", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const first = await acceptDiffs(server);
    first.notify(NOTIFICATION, 7, diff(100, "a"), diff(101, "b"), diff(101, "c"));
    await until(() => session.diagnostics.queueLength === 4, "what was sent");
    first.destroy();
    const second = await server.subscription();
    const { config } = await second.accept("accountDiffSubscribe", 3);
    expect(config).toEqual({ address_type: "program", replayFromSlot: 101, compression: "zstd" });
    second.notify(NOTIFICATION, 3, diff(101, "b"), diff(101, "c"), diff(101, "d"), diff(102, "e"));
    await until(() => session.diagnostics.queueLength === 7, "what is new");
    const events = await take(session, 7);
    expect(diffsOf(events)).toEqual(["a", "b", "c", "d", "e"]);
    expect(events.filter(({ type }) => type === "continuity")).toEqual([
      { type: "continuity", kind: "resumed", channel: "accountDiff", subscriptionId: "accountDiff-1", after: 101n },
    ]);
    expect(session.diagnostics).toMatchObject({ duplicatesDropped: 2, reconnects: { accountDiff: 1 } });
  });

  test("after a lost connection, a subscription drops the whole history that an old server replays", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const results = [diff(100, "a"), diff(101, "b"), diff(101, "c"), diff(104, "d")];
    const first = await acceptDiffs(server);
    first.notify(NOTIFICATION, 7, ...results.slice(0, 3));
    await until(() => session.diagnostics.queueLength === 4, "what was sent");
    first.destroy();
    (await acceptDiffs(server)).notify(NOTIFICATION, 7, ...results);
    await until(() => session.diagnostics.queueLength === 6, "what is new");
    expect(diffsOf(await take(session, 6))).toEqual(["a", "b", "c", "d"]);
    expect(session.diagnostics.duplicatesDropped).toBe(3);
  });

  test("after a lost connection, a subscription continues each program from the cursor of that program", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
    const first = await server.subscription();
    await first.accept("accountDiffSubscribe", 1);
    await first.accept("accountDiffSubscribe", 2);
    first.notify(NOTIFICATION, 1, diff(100, "a1"), diff(150, "a2"));
    first.notify(NOTIFICATION, 2, diff(101, "b1"));
    await until(() => session.diagnostics.queueLength === 4, "what was sent");
    first.destroy();
    const second = await server.subscription();
    expect((await second.accept("accountDiffSubscribe", 5)).config.replayFromSlot).toBe(150);
    // Each program resumes from its own last slot: 101 for the second program.
    expect((await second.accept("accountDiffSubscribe", 6)).config.replayFromSlot).toBe(101);
    second.notify(NOTIFICATION, 5, diff(150, "a2"), diff(151, "a3"));
    second.notify(NOTIFICATION, 6, diff(101, "b1"), diff(120, "b2"));
    await until(() => session.diagnostics.queueLength === 7, "what is new");
    const events = await take(session, 7);
    expect([diffsOf(events), diffsOf(events, OTHER_PROGRAM)]).toEqual([
      ["a1", "a2", "a3"],
      ["b1", "b2"],
    ]);
    expect(events.find(({ type }) => type === "continuity")).toMatchObject({ kind: "resumed", after: 101n });
  });

  test("after a reconnect, a subscription to two programs stays open until both streams have ended on the new connection", async () => {
    const { server, session, control } = await setUp();
    session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
    const first = await server.subscription();
    await first.accept("accountDiffSubscribe", 1);
    await first.accept("accountDiffSubscribe", 2);
    first.complete(1);
    control.respond(3, "completed", {});
    await settle();
    first.destroy();
    const second = await server.subscription();
    await second.accept("accountDiffSubscribe", 1);
    await second.accept("accountDiffSubscribe", 2);
    second.complete(2);
    await settle();
    // Stream 1 has ended on the first connection, but not on the second. So the second connection stays open.
    expect(second.isOpen).toBe(true);
    second.notify(NOTIFICATION, 1, diff(103, "late"));
    second.complete(1);
    const events = await takeAll(session);
    expect(events.map(brief)).toEqual(["readyForContinue", "resumed accountDiff", "diff late", "completed"]);
  });

  test("if the connection is lost during the handshake, a subscription requests all streams again, and delivers nothing twice", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
    const first = await server.subscription();
    await first.accept("accountDiffSubscribe", 1);
    await first.expect("accountDiffSubscribe");
    first.notify(NOTIFICATION, 1, diff(100, "a"));
    await until(() => session.diagnostics.queueLength === 2, "the first diff");
    first.destroy();
    const second = await server.subscription();
    expect((await second.accept("accountDiffSubscribe", 1)).config.replayFromSlot).toBe(100);
    await second.accept("accountDiffSubscribe", 2);
    second.notify(NOTIFICATION, 1, diff(100, "a"), diff(100, "b"));
    await until(() => session.diagnostics.queueLength === 3, "the second diff");
    expect(diffsOf(await take(session, 3))).toEqual(["a", "b"]);
  });
});

describe("frames that cannot be used", () => {
  const frameOf = (result: unknown) =>
    JSON.stringify({ jsonrpc: "2.0", method: NOTIFICATION, params: { subscription: 7, result } });
  const setUpDiffs = async (options: Parameters<typeof newClient>[1] = {}) => {
    const setup = await setUp(options);
    setup.session.subscribeAccountDiffs([PROGRAM]);
    return { ...setup, diffs: await acceptDiffs(setup.server) };
  };
  const drainUnrecognized = async (session: Awaited<ReturnType<typeof setUpDiffs>>["session"], diffs: ScriptedSubscription) => {
    diffs.notify(NOTIFICATION, 7, diff(105, "last"));
    const events = await takeUntil(session, "accountDiff");
    expect(diffsOf(events)).toEqual(["last"]);
    return events.filter((event) => event.type === "unrecognized");
  };

  test.each([
    ["no slot in its context", { context: {} }],
    ["no context", {}],
    ["a text as its slot", { context: { slot: "100" } }],
    ["a negative slot", { context: { slot: -1 } }],
    ["a fractional slot", { context: { slot: 100.5 } }],
    ["a list as its result", []],
    ["null as its result", null],
    ["a number as its result", 5],
    ["a number as its account", { context: { slot: 100 }, account: 5 }],
  ])("a notification with %s is skipped and counted as malformed", async (_, result) => {
    const { session, diffs } = await setUpDiffs();
    diffs.notify(NOTIFICATION, 7, result);
    const skipped = await drainUnrecognized(session, diffs);
    expect(skipped).toEqual([
      {
        type: "unrecognized",
        subscriptionId: "accountDiff-1",
        raw: frameOf(result),
        reason: expect.stringMatching(/malformed accountDiffNotification/),
      },
    ]);
    expect(session.diagnostics.malformed).toBe(1);
  });

  test.each([
    ["an empty list instead of a message", "[]"],
    [
      "a number that is too large for a double",
      `{"method":"${NOTIFICATION}","params":{"subscription":7,"result":{"context":{"slot":1e999}}}}`,
    ],
    ["a notification of another kind", '{"method":"transactionNotification","params":{"subscription":7,"result":{"slot":1}}}'],
    ["an unknown subscription id", `{"method":"${NOTIFICATION}","params":{"subscription":99,"result":{"context":{"slot":100}}}}`],
    ["no subscription id", `{"method":"${NOTIFICATION}","params":{}}`],
  ])("a frame with %s is skipped and counted as malformed", async (_, raw) => {
    const { session, diffs } = await setUpDiffs();
    diffs.send(raw);
    expect(await drainUnrecognized(session, diffs)).toEqual([
      { type: "unrecognized", subscriptionId: "accountDiff-1", raw, reason: expect.any(String) },
    ]);
    expect(session.diagnostics.malformed).toBe(1);
  });

  test("a subscription validates all fields of a notification only with `validate: full`", async () => {
    const sloppy = { context: { slot: 100 }, account: ACCOUNT, signature: "s", post: { lamports: "many" } };
    const lenient = await setUpDiffs();
    lenient.diffs.notify(NOTIFICATION, 7, sloppy);
    expect((await takeUntil(lenient.session, "accountDiff")).at(-1)).toMatchObject({ diff: { post: { lamports: "many" } } });
    const strict = await setUpDiffs({ validate: "full" });
    strict.diffs.notify(NOTIFICATION, 7, sloppy);
    const skipped = await drainUnrecognized(strict.session, strict.diffs);
    expect(skipped).toMatchObject([{ reason: expect.stringMatching(/malformed accountDiffNotification: .*lamports/) }]);
  });

  test("a subscription accepts a valid notification with `validate: full`", async () => {
    const { session, diffs } = await setUpDiffs({ validate: "full" });
    expect(await drainUnrecognized(session, diffs)).toEqual([]);
  });
});

describe("a subscribe request that is refused", () => {
  test("a subscribe request that is refused fails the session with the error of the server", async () => {
    const { server, session, control } = await setUp();
    const subscription = session.subscribeAccountDiffs([PROGRAM, OTHER_PROGRAM]);
    const diffs = await server.subscription();
    const one = await diffs.expect("accountDiffSubscribe");
    const two = await diffs.expect("accountDiffSubscribe");
    diffs.acknowledge(one.id, 1);
    diffs.refuse(two.id, -32602, "no such program");
    const error = await rejection(subscription.ready);
    expect(error).toMatchObject({ code: "subscriptionFailed", message: expect.stringMatching(/no such program.*-32602/) });
    expect(error.message).toContain(OTHER_PROGRAM);
    expect((await take(session, 1)).map(brief)).toEqual(["readyForContinue"]);
    expect(await rejection(session.nextEvent())).toBe(error);
    expect(subscription.connection).toMatchObject({ state: "failed" });
    // The client closes the connection (code 1000), but not the session. The session can still be resumed.
    expect(await control.ended).toBe(1000);
    expect(control.received.join()).not.toContain("closeBacktestSession");
    expect(await session.closed).toEqual({ reason: "failed", error });
    expect(server.connections).toHaveLength(2);
  });

  test("an error without an id counts as a refusal of the pending subscribe request", async () => {
    const { server, session } = await setUp();
    const subscription = session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await server.subscription();
    await diffs.expect("accountDiffSubscribe");
    diffs.refuse(null, -32600, "Invalid request");
    expect(await rejection(subscription.ready)).toMatchObject({ code: "subscriptionFailed" });
  });

  test.each([-32600, -32601, -32602])(
    "a new subscription fails if the server refuses the subscribe request with the code %d",
    async (code) => {
      const { server, session } = await setUp();
      const subscription = session.subscribeAccountDiffs([PROGRAM]);
      const diffs = await server.subscription();
      const { id } = await diffs.expect("accountDiffSubscribe");
      diffs.refuse(id, code, "no");
      expect(await rejection(subscription.ready)).toMatchObject({ code: "subscriptionFailed" });
    },
  );

  test.each([-32603, -32001, -32700, 0])("a subscribe request that is refused with the code %d is retried", async (code) => {
    const { server, session } = await setUp();
    const subscription = session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await server.subscription();
    const { id } = await diffs.expect("accountDiffSubscribe");
    diffs.refuse(id, code, "not now");
    await acceptDiffs(server);
    await expect(subscription.ready).resolves.toBeUndefined();
  });

  test.each([-32600, -32601, -32602, -32603, -32001])(
    "after a reconnect, a subscribe request that is refused with the code %d is retried",
    async (code) => {
      const { server, session } = await setUp();
      session.subscribeAccountDiffs([PROGRAM]);
      const first = await acceptDiffs(server);
      first.notify(NOTIFICATION, 7, diff(100, "a"));
      await takeUntil(session, "accountDiff");
      first.destroy();
      for (let i = 0; i < 2; i++) {
        const refusing = await server.subscription();
        refusing.refuse((await refusing.expect("accountDiffSubscribe")).id, code, "being handed off");
      }
      (await acceptDiffs(server)).notify(NOTIFICATION, 7, diff(100, "a"), diff(101, "b"));
      expect(diffsOf(await takeUntil(session, "accountDiff"))).toEqual(["b"]);
    },
  );

  test("if the server refuses all attempts to subscribe, the subscription fails with the server's error", async () => {
    const { server, session } = await setUp({ reconnect: { maxAttempts: 2 } });
    const subscription = session.subscribeAccountDiffs([PROGRAM]);
    for (let i = 0; i < 3; i++) {
      const refusing = await server.subscription();
      refusing.refuse((await refusing.expect("accountDiffSubscribe")).id, -32603, "being handed off");
    }
    expect(await rejection(subscription.ready)).toMatchObject({
      code: "subscriptionFailed",
      message: expect.stringContaining("being handed off"),
    });
  });

  test("an error without an id has no effect if no subscribe request is pending", async () => {
    const { server, session } = await setUp();
    session.subscribeAccountDiffs([PROGRAM]);
    const first = await acceptDiffs(server);
    first.refuse(null, -32700, "Parse error");
    first.notify(NOTIFICATION, 7, diff(100, "a"));
    await takeUntil(session, "accountDiff");
    first.destroy();
    (await acceptDiffs(server)).notify(NOTIFICATION, 7, diff(101, "b"));
    expect(diffsOf(await takeUntil(session, "accountDiff"))).toEqual(["b"]);
  });
});

describe("a quiet subscription without pings", () => {
  test("in a page, a quiet subscription drops the responses to its probe requests", async () => {
    const { server, session } = await setUp({ WebSocket: pageWebSocket, liveness: { pingIntervalMs: 10, deadlineMs: 2_000 } });
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    await until(() => diffs.probes >= 3, "three probes");
    diffs.notify(NOTIFICATION, 7, diff(100, "a"));
    expect((await takeUntil(session, "accountDiff")).map(brief)).toEqual(["readyForContinue", "diff a"]);
    expect(session.diagnostics).toMatchObject({ malformed: 0, reconnects: {} });
  });

  test("in a page, a silent subscription sends a probe request, and reconnects if the server does not respond", async () => {
    const { server, session } = await setUp({ WebSocket: pageWebSocket, liveness: { pingIntervalMs: 10, deadlineMs: 400 } });
    session.subscribeAccountDiffs([PROGRAM]);
    const silent = await acceptDiffs(server);
    silent.goSilent();
    (await acceptDiffs(server)).notify(NOTIFICATION, 7, diff(100, "a"));
    expect(diffsOf(await takeUntil(session, "accountDiff"))).toEqual(["a"]);
    silent.destroy();
  });
});

describe("a session over TLS", () => {
  /** Connects to `wss:` URLs without encryption, because the scripted server has no certificate. */
  class Tunnel extends WebSocket {
    constructor(url: string, protocols: string[], options: object) {
      super(url.replace(/^wss:/, "ws:"), protocols, options);
    }
  }

  test.each([
    ["an unencrypted endpoint", (http: string) => `${http}/backtest/x`, false],
    ["a relative endpoint", () => "/backtest/x", true],
  ])("a session over TLS opens only encrypted subscription connections: %s", async (_, endpoint, isAccepted) => {
    const server = await startScriptedServer();
    const url = server.url.replace("ws:", "wss:");
    const client = newClient({ url }, { WebSocket: Tunnel as unknown as WebSocketLike });
    const starting = client.startSession(CREATE);
    const control = await server.control();
    await control.expect("createBacktestSession");
    control.respond(1, "sessionCreated", { session_id: SESSION_ID, rpc_endpoint: endpoint(server.httpUrl) });
    const session = await starting;
    const subscription = session.subscribeAccountDiffs([PROGRAM]);
    if (isAccepted) {
      await acceptDiffs(server);
      await expect(subscription.ready).resolves.toBeUndefined();
      expect(session.info.wsEndpoint).toMatch(/^wss:/);
    } else {
      const error = await rejection(subscription.ready);
      expect(error).toMatchObject({
        code: "subscriptionFailed",
        message: expect.stringContaining("not encrypted"),
        cause: { code: "protocol" },
      });
      expect(server.connections).toHaveLength(1);
    }
  });
});

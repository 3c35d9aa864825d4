import { describe, expect, onTestFinished, test } from "vitest";
import type { ManagedEvent } from "../../src/channels/managed-events.js";
import { createLocalSimulator } from "../../src/local/index.js";
import type { ManagedBacktestSession } from "../../src/session/managed-backtest-session.js";
import { newClient, rejection, until } from "./session-rig.js";

const SLOTS = 40;

/** Starts a session on a local simulator without a port, with two subscriptions of the same kind. */
async function setUp() {
  const simulator = createLocalSimulator({ startSlot: 100, slots: SLOTS, transactionsPerSlot: 3 });
  onTestFinished(() => simulator.close());
  const client = newClient(simulator, { WebSocket: simulator.WebSocket, fetch: simulator.fetch });
  const session = await client.startSession({ startSlot: 100, slotCount: SLOTS });
  const [program, other] = simulator.programs as [string, string];
  const first = session.subscribeTransactions([program]);
  const second = session.subscribeTransactions([other]);
  const record = simulator.record.session(session.info.sessionId)!;
  /** Returns every event that the server sent, as text. */
  const sent = (): string[] => [
    ...record.control.flatMap(({ response }) =>
      response.method === "slotNotification" || response.method === "completed" ? [response.method] : [],
    ),
    ...record.notifications("transaction", program).map(({ key }) => `${first.id} ${key}`),
    ...record.notifications("transaction", other).map(({ key }) => `${second.id} ${key}`),
  ];
  return { session, first, second, sent };
}

/** Counts the events of a consumer: its transactions by subscription, and its slots. */
class Owner {
  readonly transactions: string[] = [];
  slots = 0;
  completed = 0;

  handle(event: ManagedEvent): void {
    if (event.type === "slot") this.slots++;
    if (event.type === "completed") this.completed++;
    if (event.type === "transaction") this.transactions.push(`${event.subscriptionId} ${event.transaction.transaction[0]}`);
  }
}

const countOf = (lines: readonly string[], start: string): number => lines.filter((line) => line.startsWith(start)).length;

/** Expects that each transaction was delivered to exactly one consumer. */
function expectOneOwnerEach(owners: readonly Owner[], sent: readonly string[], ids: readonly string[]): void {
  const all = owners.flatMap(({ transactions }) => transactions);
  expect(new Set(all).size).toBe(all.length);
  for (const id of ids) expect(countOf(all, id)).toBe(countOf(sent, id));
}

describe("run(), two waits and a subscription loop at the same time", () => {
  test("if run() and a subscription loop run at the same time, each event is delivered to exactly one of them", async () => {
    const { session, first, second, sent } = await setUp();
    const [runOwner, loopOwner] = [new Owner(), new Owner()];
    const loop = (async () => {
      for await (const event of second) loopOwner.handle(event);
    })();
    const waits = Promise.all([
      session.waitForStatus("executingBlockTransactions"),
      session.waitForStatus("executedBlockTransactions"),
    ]);
    let refusals = 0;
    for await (const event of session.run({ step: 5 })) {
      runOwner.handle(event);
      if (event.type !== "slot" || event.slot !== 110n) continue;
      expect(await rejection(session.advance(1))).toMatchObject({ code: "runActive" });
      expect(await rejection(session.continue())).toMatchObject({ code: "runActive" });
      expect(await rejection(session.continueTo({ slot: 120 }))).toMatchObject({ code: "runActive" });
      expect(await rejection(session.advanceToDiscovery())).toMatchObject({ code: "runActive" });
      expect(await rejection(session.nextEvent())).toMatchObject({ code: "consumerBusy" });
      refusals++;
    }
    await Promise.all([waits, loop]);
    expect(refusals).toBe(1);
    expect([runOwner.slots, runOwner.completed, loopOwner.slots]).toEqual([SLOTS, 1, 0]);
    expect(countOf(runOwner.transactions, second.id)).toBe(0);
    expect(countOf(loopOwner.transactions, first.id)).toBe(0);
    expectOneOwnerEach([runOwner, loopOwner], sent(), [first.id, second.id]);
    expect(await session.closed).toEqual({ reason: "completed" });
  });
});

describe("two waits and several steps without a loop", () => {
  test("listeners receive each event once while advance() and waitForStatus() are used", async () => {
    const { session, first, second, sent } = await setUp();
    const [sessionOwner, subscriptionOwner] = [new Owner(), new Owner()];
    for (const name of ["slot", "transaction", "completed"] as const) {
      session.on(name, (event: ManagedEvent) => sessionOwner.handle(event));
    }
    first.on("transaction", (event) => subscriptionOwner.handle(event));
    const waits = Promise.all([
      session.waitForStatus("executingBlockTransactions"),
      session.waitForStatus("executedBlockTransactions"),
    ]);
    const slots: bigint[] = [];
    for (let outcome = "ready"; outcome !== "completed"; ) {
      const result = await session.advance(7);
      slots.push(...result.slots);
      outcome = result.outcome;
    }
    await waits;
    expect(await session.closed).toEqual({ reason: "completed" });
    expect(slots).toHaveLength(SLOTS);
    expect([sessionOwner.slots, sessionOwner.completed]).toEqual([SLOTS, 1]);
    expect(countOf(sessionOwner.transactions, first.id)).toBe(0);
    expectOneOwnerEach([sessionOwner, subscriptionOwner], sent(), [first.id, second.id]);
  });

  test("a session runs to its end with advance() alone, without a loop and without listeners", async () => {
    const { session } = await setUp();
    while ((await session.advance(20)).outcome !== "completed");
    expect(await session.closed).toEqual({ reason: "completed" });
  });
});

describe("a session without a consumer", () => {
  test("a session without a consumer stays open after the event `completed` until it is shut down", async () => {
    const { session } = await setUp();
    // `nextEvent()` reads the first event. The session buffers the later events, because nothing reads them.
    await session.nextEvent();
    await session.continue({ advanceCount: 1_000 });
    await until(() => session.coverage().completed, "completed");
    await until(() => session.subscriptions.length === 0, "the ends of the subscriptions");
    expect(session.connection).toEqual({ state: "up" });
    expect(await Promise.race([session.closed, Promise.resolve("open")])).toBe("open");
    await session.shutdown();
    expect(await session.closed).toEqual({ reason: "shutdown" });
  });
});

describe("a subscription", () => {
  const transactionsOf = async (session: ManagedBacktestSession): Promise<Owner> => {
    const owner = new Owner();
    for await (const event of session.run()) owner.handle(event);
    return owner;
  };

  test("if a loop over a subscription calls release(), run() delivers the remaining events of the subscription", async () => {
    const { session, first, second, sent } = await setUp();
    const own = new Owner();
    const loop = (async () => {
      for await (const event of first) {
        own.handle(event);
        if (own.transactions.length === 5) first.release();
      }
    })();
    const rest = await transactionsOf(session);
    await loop;
    expect(own.transactions).toHaveLength(5);
    expectOneOwnerEach([own, rest], sent(), [first.id, second.id]);
  });

  test("a session stays open until the buffered events of its subscriptions are delivered", async () => {
    const { session, first, second, sent } = await setUp();
    const own = new Owner();
    const takeFive = async (): Promise<void> => {
      for await (const event of first) {
        own.handle(event);
        if (own.transactions.length % 5 === 0) break;
      }
    };
    const [rest] = await Promise.all([transactionsOf(session), takeFive()]);
    expect(rest.completed).toBe(1);
    expect(session.connection).toEqual({ state: "up" });
    for await (const event of first) own.handle(event);
    expect(await session.closed).toEqual({ reason: "completed" });
    expectOneOwnerEach([own, rest], sent(), [first.id, second.id]);
  });

  test("a subscription ends when its signal is aborted", async () => {
    const { session } = await setUp();
    const stop = new AbortController();
    const signalled = session.subscribeSlots({ signal: stop.signal });
    expect(signalled.id).toBe("slot-1");
    const loop = (async () => {
      for await (const _ of signalled);
    })();
    stop.abort();
    expect(await rejection(signalled.ready)).toMatchObject({ code: "cancelled" });
    await loop;
    expect(session.subscriptions.map(({ id }) => id)).toEqual(["transaction-1", "transaction-2"]);
    expect(() => session.subscribeSlots({ signal: stop.signal })).toThrow(expect.objectContaining({ code: "cancelled" }));
  });
});

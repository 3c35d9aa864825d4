import { describe, expectTypeOf, test } from "vitest";
import type {
  AccountDiff,
  BacktestClient,
  BacktestClientOptions,
  BacktestError,
  BacktestStatus,
  ConfirmedTransaction,
  ConnectionStatus,
  CreateSession,
  ManagedBacktestSession,
  ManagedEvent,
  SessionEnd,
  SessionInfo,
  SessionSummary,
  SimulatorError,
  Subscription,
} from "../../src/index.js";

declare const client: BacktestClient;
declare const session: ManagedBacktestSession;

/** One event of the union, by its type. */
type Of<T extends ManagedEvent["type"]> = Extract<ManagedEvent, { type: T }>;

describe("a create", () => {
  const take = (_: CreateSession): void => {};

  test("needs a start, and exactly one of endSlot and slotCount", () => {
    take({ startSlot: 1, endSlot: 2 });
    take({ startSlot: 1n, slotCount: 2n });
    take({ startSlot: 1, endSlot: 2, slotCount: undefined });
    // @ts-expect-error neither
    take({ startSlot: 1 });
    // @ts-expect-error both
    take({ startSlot: 1, endSlot: 2, slotCount: 3 });
    // @ts-expect-error no start
    take({ endSlot: 2 });
  });

  test("takes 64-bit integers as bigint or number, and nothing else", () => {
    expectTypeOf<CreateSession["startSlot"]>().toEqualTypeOf<bigint | number>();
    // @ts-expect-error a text
    take({ startSlot: "1", endSlot: 2 });
    // @ts-expect-error a text
    take({ startSlot: 1, endSlot: "2" });
  });

  test("has a name, or none of its own choice", () => {
    take({ startSlot: 1, endSlot: 2, name: "mine" });
    take({ startSlot: 1, endSlot: 2, name: false });
    // @ts-expect-error there is nothing that true could mean
    take({ startSlot: 1, endSlot: 2, name: true });
  });

  test("knows no option that isn't there", () => {
    // @ts-expect-error a typing mistake
    take({ startSlot: 1, endSlot: 2, sendSumary: true });
    // @ts-expect-error a parallel run is started by another call
    take({ startSlot: 1, endSlot: 2, parallel: true });
    // @ts-expect-error made by the client
    take({ startSlot: 1, endSlot: 2, createToken: "0" });
  });

  test("makes a session", () => {
    expectTypeOf(client.startSession).returns.resolves.toEqualTypeOf<ManagedBacktestSession>();
    expectTypeOf(client.close).returns.toEqualTypeOf<Promise<void>>();
  });
});

describe("a client's options", () => {
  const take = (_: BacktestClientOptions): void => {};

  test("need a URL, and take the rest", () => {
    take({ url: "wss://simulator.example" });
    take({ url: "simulator.example", apiKey: () => "key", auth: "query", validate: "full" });
    take({ url: "simulator.example", apiKey: async () => "key", reconnect: { maxAttempts: 3 }, timeouts: { connectMs: 5 } });
    take({ url: "simulator.example", WebSocket: globalThis.WebSocket, fetch, logger: console });
    // @ts-expect-error no URL
    take({});
    // @ts-expect-error no such way
    take({ url: "simulator.example", auth: "cookie" });
    // @ts-expect-error no such timeout
    take({ url: "simulator.example", timeouts: { connectSecs: 5 } });
  });
});

describe("an event", () => {
  test("is narrowed by its type", () => {
    const read = (event: ManagedEvent): void => {
      // @ts-expect-error not every event has one
      event.slot;
      if (event.type === "slot") expectTypeOf(event.slot).toEqualTypeOf<bigint>();
      if (event.type === "paused") {
        expectTypeOf(event.slot).toEqualTypeOf<bigint>();
        expectTypeOf(event.batchIndex).toEqualTypeOf<number | undefined>();
      }
      if (event.type === "status") expectTypeOf(event.status).toEqualTypeOf<BacktestStatus>();
      if (event.type === "completed") expectTypeOf(event.summary).toEqualTypeOf<SessionSummary | undefined>();
      if (event.type === "error") expectTypeOf(event.error).toEqualTypeOf<BacktestError>();
      if (event.type === "transaction") expectTypeOf(event.transaction).toEqualTypeOf<ConfirmedTransaction>();
      if (event.type === "accountDiff") expectTypeOf(event.diff).toEqualTypeOf<AccountDiff>();
      if (event.type === "unrecognized")
        expectTypeOf(event).toEqualTypeOf<{ type: "unrecognized"; raw: string; reason: string }>();
      if (event.type !== "continuity") return;
      // @ts-expect-error only where a connection came back
      event.after;
      if (event.kind === "resumed") expectTypeOf(event.after).toEqualTypeOf<bigint | undefined>();
      if (event.kind === "gap") expectTypeOf(event.expected).toEqualTypeOf<bigint>();
      if (event.kind === "continueUncertain") expectTypeOf(event.request).toEqualTypeOf<"continue" | "continueTo">();
    };
    expectTypeOf(read).parameter(0).toEqualTypeOf<ManagedEvent>();
  });

  test("of the server's errors is narrowed by kind", () => {
    const read = ({ error }: Of<"error">): void => {
      if (error.kind === "bundleNotFound") expectTypeOf(error.startSlot).toEqualTypeOf<bigint>();
      // @ts-expect-error only some have one
      error.startSlot;
    };
    expectTypeOf(read).returns.toBeVoid();
  });

  test("a readyForContinue is nothing but that", () => {
    expectTypeOf<Of<"readyForContinue">>().toEqualTypeOf<{ type: "readyForContinue" }>();
  });
});

describe("listeners", () => {
  test("get the event of their name", () => {
    session.on("slot", (event) => expectTypeOf(event).toEqualTypeOf<Of<"slot">>());
    session.once("paused", (event) => expectTypeOf(event).toEqualTypeOf<Of<"paused">>());
    session.addListener("accountDiff", (event) => expectTypeOf(event).toEqualTypeOf<Of<"accountDiff">>());
    session.on("continuity", (event) => expectTypeOf(event).toEqualTypeOf<Of<"continuity">>());
    session.on("connection", (change) => expectTypeOf(change).toEqualTypeOf<{ channel: string; status: ConnectionStatus }>());
    session.on("close", (end) => expectTypeOf(end).toEqualTypeOf<SessionEnd>());
    session.off("slot", () => {});
  });

  test("need a name that is emitted", () => {
    // @ts-expect-error no such event
    session.on("slots", () => {});
    // @ts-expect-error another event's
    session.on("slot", (event: Of<"paused">) => event);
  });
});

describe("a session", () => {
  test("takes 64-bit integers as bigint or number", () => {
    expectTypeOf(session.continue).toBeCallableWith({ advanceCount: 5 });
    expectTypeOf(session.continue).toBeCallableWith({ advanceCount: 5n }, { signal: new AbortController().signal });
    expectTypeOf(session.continue).toBeCallableWith();
    expectTypeOf(session.continueTo).toBeCallableWith({ slot: 5 });
    expectTypeOf(session.continueTo).toBeCallableWith({ slot: 5n, batchIndex: 2 });
    expectTypeOf(session.run).toBeCallableWith({ step: 10n });
    // @ts-expect-error a text
    void session.continue({ advanceCount: "5" });
    // @ts-expect-error to where
    void session.continueTo();
  });

  test("is iterated over, disposed of, and never rejects its end", () => {
    expectTypeOf(session).toMatchTypeOf<AsyncIterable<ManagedEvent>>();
    expectTypeOf(session).toMatchTypeOf<AsyncDisposable>();
    expectTypeOf(session.run()).toMatchTypeOf<AsyncIterable<ManagedEvent>>();
    expectTypeOf(session.nextEvent()).resolves.toEqualTypeOf<ManagedEvent>();
    expectTypeOf(session.closed).resolves.toEqualTypeOf<SessionEnd>();
    expectTypeOf<SessionEnd["reason"]>().toEqualTypeOf<"completed" | "shutdown" | "detached" | "failed">();
    expectTypeOf<SessionEnd["error"]>().toEqualTypeOf<SimulatorError | undefined>();
  });

  test("tells its addresses, and lets nobody change them", () => {
    expectTypeOf(session.info).toEqualTypeOf<SessionInfo>();
    // @ts-expect-error read only
    session.info.sessionId = "another";
    // @ts-expect-error read only
    session.connection = { state: "up" };
  });

  test("a connection is narrowed by its state", () => {
    const { connection } = session;
    // @ts-expect-error only one that is down has attempts
    connection.attempt;
    if (connection.state === "down") expectTypeOf(connection.attempt).toEqualTypeOf<number>();
    if (connection.state === "failed") expectTypeOf(connection.reason).toEqualTypeOf<string>();
  });

  test("subscribes to lists of programs", () => {
    expectTypeOf(session.subscribeTransactions(["address"])).toEqualTypeOf<Subscription>();
    // @ts-expect-error one that is no list
    session.subscribeAccountDiffs("address");
    expectTypeOf<Subscription["ready"]>().toEqualTypeOf<Promise<void>>();
    expectTypeOf<Subscription["unsubscribe"]>().returns.toEqualTypeOf<Promise<void>>();
  });
});

import { describe, expectTypeOf, test } from "vitest";
import type {
  AccountDiff,
  BacktestClient,
  BacktestClientOptions,
  BacktestError,
  BacktestStatus,
  ConfirmedTransaction,
  ConnectionChange,
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

/** The event that has the given type. */
type Of<T extends ManagedEvent["type"]> = Extract<ManagedEvent, { type: T }>;

describe("the create parameters", () => {
  const take = (_: CreateSession): void => {};

  test("CreateSession requires startSlot, and exactly one of endSlot and slotCount", () => {
    take({ startSlot: 1, endSlot: 2 });
    take({ startSlot: 1n, slotCount: 2n });
    take({ startSlot: 1, endSlot: 2, slotCount: undefined });
    // @ts-expect-error: endSlot or slotCount is required
    take({ startSlot: 1 });
    // @ts-expect-error: endSlot and slotCount exclude each other
    take({ startSlot: 1, endSlot: 2, slotCount: 3 });
    // @ts-expect-error: startSlot is required
    take({ endSlot: 2 });
  });

  test("CreateSession accepts 64-bit integers only as bigint or number", () => {
    expectTypeOf<CreateSession["startSlot"]>().toEqualTypeOf<bigint | number>();
    // @ts-expect-error: a string is not accepted
    take({ startSlot: "1", endSlot: 2 });
    // @ts-expect-error: a string is not accepted
    take({ startSlot: 1, endSlot: "2" });
  });

  test("CreateSession accepts a name, or `false` for a session without a name", () => {
    take({ startSlot: 1, endSlot: 2, name: "mine" });
    take({ startSlot: 1, endSlot: 2, name: false });
    // @ts-expect-error: true has no meaning
    take({ startSlot: 1, endSlot: 2, name: true });
  });

  test("CreateSession refuses parameters with unknown names", () => {
    // @ts-expect-error: the parameter is misspelled
    take({ startSlot: 1, endSlot: 2, sendSumary: true });
    // @ts-expect-error: a parallel run is started by startParallelSession
    take({ startSlot: 1, endSlot: 2, parallel: true });
    // @ts-expect-error: the client generates the token
    take({ startSlot: 1, endSlot: 2, createToken: "0" });
  });

  test("startSession resolves with a ManagedBacktestSession", () => {
    expectTypeOf(client.startSession).returns.resolves.toEqualTypeOf<ManagedBacktestSession>();
    expectTypeOf(client.close).returns.toEqualTypeOf<Promise<void>>();
  });
});

describe("a client's options", () => {
  const take = (_: BacktestClientOptions): void => {};

  test("client options require only a URL", () => {
    take({ url: "wss://simulator.example" });
    take({ url: "simulator.example", apiKey: () => "key", auth: "query", validate: "full" });
    take({ url: "simulator.example", apiKey: async () => "key", reconnect: { maxAttempts: 3 }, timeouts: { connectMs: 5 } });
    take({ url: "simulator.example", WebSocket: globalThis.WebSocket, fetch, logger: console });
    // @ts-expect-error: the URL is required
    take({});
    // @ts-expect-error: there is no such mode
    take({ url: "simulator.example", auth: "cookie" });
    // @ts-expect-error: there is no such timeout
    take({ url: "simulator.example", timeouts: { connectSecs: 5 } });
  });
});

describe("an event", () => {
  test("the type ManagedEvent is narrowed by `type`", () => {
    const read = (event: ManagedEvent): void => {
      // @ts-expect-error: only some events have a slot
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
        expectTypeOf(event).toEqualTypeOf<{ type: "unrecognized"; subscriptionId?: string; raw: string; reason: string }>();
      if (event.type !== "continuity") return;
      // @ts-expect-error: only the kind resumed has `after`
      event.after;
      if (event.kind === "resumed") expectTypeOf(event.after).toEqualTypeOf<bigint | undefined>();
      if (event.kind === "gap") expectTypeOf(event.expected).toEqualTypeOf<bigint>();
      if (event.kind === "continueUncertain") expectTypeOf(event.request).toEqualTypeOf<"continue" | "continueTo">();
    };
    expectTypeOf(read).parameter(0).toEqualTypeOf<ManagedEvent>();
  });

  test("an error event is narrowed by the kind of its error", () => {
    const read = ({ error }: Of<"error">): void => {
      if (error.kind === "bundleNotFound") expectTypeOf(error.startSlot).toEqualTypeOf<bigint>();
      // @ts-expect-error: only some errors have startSlot
      error.startSlot;
    };
    expectTypeOf(read).returns.toBeVoid();
  });

  test("a readyForContinue event has no field except `type`", () => {
    expectTypeOf<Of<"readyForContinue">>().toEqualTypeOf<{ type: "readyForContinue" }>();
  });
});

describe("listeners", () => {
  test("a listener receives the event type that belongs to the event name", () => {
    session.on("slot", (event) => expectTypeOf(event).toEqualTypeOf<Of<"slot">>());
    session.once("paused", (event) => expectTypeOf(event).toEqualTypeOf<Of<"paused">>());
    session.addListener("accountDiff", (event) => expectTypeOf(event).toEqualTypeOf<Of<"accountDiff">>());
    session.on("continuity", (event) => expectTypeOf(event).toEqualTypeOf<Of<"continuity">>());
    session.on("connection", (change) => expectTypeOf(change).toEqualTypeOf<ConnectionChange>());
    session.on("close", (end) => expectTypeOf(end).toEqualTypeOf<SessionEnd>());
    session.off("slot", () => {});
  });

  test("session.on() refuses unknown event names and listeners with the wrong event type", () => {
    // @ts-expect-error: there is no such event
    session.on("slots", () => {});
    // @ts-expect-error: the listener has the type of another event
    session.on("slot", (event: Of<"paused">) => event);
  });
});

describe("a session", () => {
  test("continue and continueTo accept 64-bit integers as bigint or number", () => {
    expectTypeOf(session.continue).toBeCallableWith({ advanceCount: 5 });
    expectTypeOf(session.continue).toBeCallableWith({ advanceCount: 5n }, { signal: new AbortController().signal });
    expectTypeOf(session.continue).toBeCallableWith();
    expectTypeOf(session.continueTo).toBeCallableWith({ slot: 5 });
    expectTypeOf(session.continueTo).toBeCallableWith({ slot: 5n, batchIndex: 2 });
    expectTypeOf(session.run).toBeCallableWith({ step: 10n });
    // @ts-expect-error: a string is not accepted
    void session.continue({ advanceCount: "5" });
    // @ts-expect-error: slot is required
    void session.continueTo();
  });

  test("a session is iterable and disposable, and `closed` resolves with the reason why the session ended", () => {
    expectTypeOf(session).toMatchTypeOf<AsyncIterable<ManagedEvent>>();
    expectTypeOf(session).toMatchTypeOf<AsyncDisposable>();
    expectTypeOf(session.run()).toMatchTypeOf<AsyncIterable<ManagedEvent>>();
    expectTypeOf(session.nextEvent()).resolves.toEqualTypeOf<ManagedEvent>();
    expectTypeOf(session.closed).resolves.toEqualTypeOf<SessionEnd>();
    expectTypeOf<SessionEnd["reason"]>().toEqualTypeOf<"completed" | "shutdown" | "detached" | "failed">();
    expectTypeOf<SessionEnd["error"]>().toEqualTypeOf<SimulatorError | undefined>();
  });

  test("the properties info and connection of a session are read-only", () => {
    expectTypeOf(session.info).toEqualTypeOf<SessionInfo>();
    // @ts-expect-error: the property is read-only
    session.info.sessionId = "another";
    // @ts-expect-error: the property is read-only
    session.connection = { state: "up" };
  });

  test("the type of session.connection is narrowed by `state`", () => {
    const { connection } = session;
    // @ts-expect-error: only the state down has attempts
    connection.attempt;
    if (connection.state === "down") expectTypeOf(connection.attempt).toEqualTypeOf<number>();
    if (connection.state === "failed") expectTypeOf(connection.reason).toEqualTypeOf<string>();
  });

  test("subscribeTransactions requires a list of programs", () => {
    expectTypeOf(session.subscribeTransactions(["address"])).toExtend<Subscription>();
    // @ts-expect-error: an address is not a list
    session.subscribeAccountDiffs("address");
    expectTypeOf<Subscription["ready"]>().toEqualTypeOf<Promise<void>>();
    expectTypeOf<Subscription["unsubscribe"]>().returns.toEqualTypeOf<Promise<void>>();
  });
});

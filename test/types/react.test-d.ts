import { describe, expectTypeOf, test } from "vitest";
import type {
  AccountDiffEvent,
  BacktestClient,
  ConnectionStatus,
  ManagedBacktestSession,
  ParallelSubSession,
  TransactionEvent,
} from "../../src/index.js";
import {
  type AnySession,
  type BacktestSessionState,
  type ConnectionOverview,
  type EventOf,
  type EventType,
  type RecentEvents,
  type SessionSetup,
  type SlotProgress,
  type SubscriptionConnection,
  type SubscriptionState,
  type UseBacktestSessionOptions,
  type UseEventsOptions,
  useBacktestSession,
  useConnectionStatus,
  useEventHandler,
  useEvents,
  useSlotProgress,
  useSubscription,
  useTransactions,
} from "../../src/react/index.js";

declare const client: BacktestClient;
declare const session: ManagedBacktestSession | undefined;

describe("useBacktestSession", () => {
  test("the client and the create parameters of useBacktestSession cannot be omitted, but can be null or undefined", () => {
    expectTypeOf(useBacktestSession(client, { startSlot: 1n, slotCount: 5 })).toEqualTypeOf<BacktestSessionState>();
    useBacktestSession(null, undefined);
    // @ts-expect-error: the create parameters are required
    useBacktestSession(client);
    // @ts-expect-error: endSlot and slotCount exclude each other
    useBacktestSession(client, { startSlot: 1n, endSlot: 5, slotCount: 5 });
  });

  test("the result of useBacktestSession is narrowed by its state", () => {
    const value = useBacktestSession(client, null);
    expectTypeOf(value.session).toEqualTypeOf<ManagedBacktestSession | undefined>();
    expectTypeOf(value.restart).toEqualTypeOf<() => void>();
    if (value.state === "ready") expectTypeOf(value.session).toEqualTypeOf<ManagedBacktestSession>();
    if (value.state === "starting") expectTypeOf(value.connection).toEqualTypeOf<ConnectionStatus | undefined>();
    if (value.state === "closed") expectTypeOf(value.reason).toEqualTypeOf<"completed" | "shutdown" | "detached">();
    // @ts-expect-error: only an ended session has a reason
    if (value.state === "ready") value.reason;
  });

  test("useBacktestSession accepts the options `setup` and `run`", () => {
    const setup: SessionSetup = (session) => session.subscribeTransactions(["program"]).ready;
    const options: UseBacktestSessionOptions = { setup, run: { step: 10n } };
    useBacktestSession(client, null, options);
    useBacktestSession(client, null, { setup: async () => {}, run: true });
    // @ts-expect-error: the step must be a field of an object
    useBacktestSession(client, null, { run: 10 });
  });
});

describe("hooks that observe a session", () => {
  test("useSlotProgress and useConnectionStatus accept null, a session or a sub-session", () => {
    expectTypeOf<AnySession>().toEqualTypeOf<ManagedBacktestSession | ParallelSubSession>();
    expectTypeOf(useSlotProgress(session)).toEqualTypeOf<SlotProgress>();
    expectTypeOf(useConnectionStatus(null)).toEqualTypeOf<ConnectionOverview>();
    expectTypeOf<ConnectionOverview["subscriptions"][number]>().toEqualTypeOf<SubscriptionConnection>();
    expectTypeOf<SlotProgress["done"]>().toEqualTypeOf<bigint>();
  });

  test("useEvents returns only events of the given types", () => {
    const { events } = useEvents(session, { types: ["slot", "completed"] });
    expectTypeOf(events).toEqualTypeOf<readonly EventOf<"slot" | "completed">[]>();
    expectTypeOf(useEvents(session)).toEqualTypeOf<RecentEvents<EventType>>();
    const options: UseEventsOptions<"transaction"> = { types: ["transaction"], limit: 5 };
    expectTypeOf(useEvents(session, options).events[0]?.transaction.slot).toEqualTypeOf<bigint | undefined>();
    // @ts-expect-error: there is no such event type
    useEvents(session, { types: ["slots"] });
    useEventHandler(session, ["accountDiff"], ({ diff }) => expectTypeOf(diff.account).toEqualTypeOf<string | undefined>());
    // @ts-expect-error: a slot event has no diff
    useEventHandler(session, ["slot"], ({ diff }) => diff);
  });
});

describe("hooks that subscribe", () => {
  test("the kind that is passed to useSubscription determines the type of its events", () => {
    expectTypeOf(useSubscription(session, "accountDiff", ["program"])).toEqualTypeOf<SubscriptionState<AccountDiffEvent>>();
    expectTypeOf(useTransactions(null, ["program"], { limit: 5 })).toEqualTypeOf<SubscriptionState<TransactionEvent>>();
    useSubscription(session, "slot", []);
    // @ts-expect-error: there is no such kind
    useSubscription(session, "block", []);
  });
});

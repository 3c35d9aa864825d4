import { describe, expectTypeOf, test } from "vitest";
import type { BacktestClient, ConnectionStatus, ManagedBacktestSession, ParallelSubSession } from "../../src/index.js";
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
  type UseBacktestSessionOptions,
  type UseEventsOptions,
  useBacktestSession,
  useConnectionStatus,
  useEventHandler,
  useEvents,
  useSlotProgress,
} from "../../src/react/index.js";

declare const client: BacktestClient;
declare const session: ManagedBacktestSession | undefined;

describe("useBacktestSession", () => {
  test("needs a client and what to create, or says that there is none yet", () => {
    expectTypeOf(useBacktestSession(client, { startSlot: 1n, slotCount: 5 })).toEqualTypeOf<BacktestSessionState>();
    useBacktestSession(null, undefined);
    // @ts-expect-error: what to create is no option
    useBacktestSession(client);
    // @ts-expect-error: a range has one end
    useBacktestSession(client, { startSlot: 1n, endSlot: 5, slotCount: 5 });
  });

  test("tells by its state what else there is", () => {
    const value = useBacktestSession(client, null);
    expectTypeOf(value.session).toEqualTypeOf<ManagedBacktestSession | undefined>();
    expectTypeOf(value.restart).toEqualTypeOf<() => void>();
    if (value.state === "ready") expectTypeOf(value.session).toEqualTypeOf<ManagedBacktestSession>();
    if (value.state === "starting") expectTypeOf(value.connection).toEqualTypeOf<ConnectionStatus | undefined>();
    if (value.state === "closed") expectTypeOf(value.reason).toEqualTypeOf<"completed" | "shutdown" | "detached">();
    // @ts-expect-error: only what is over has a reason
    if (value.state === "ready") value.reason;
  });

  test("takes a setup that returns whatever it likes, and a step", () => {
    const setup: SessionSetup = (standing) => standing.subscribeTransactions(["program"]).ready;
    const options: UseBacktestSessionOptions = { setup, run: { step: 10n } };
    useBacktestSession(client, null, options);
    useBacktestSession(client, null, { setup: async () => {}, run: true });
    // @ts-expect-error: a step has a name
    useBacktestSession(client, null, { run: 10 });
  });
});

describe("what looks at a session", () => {
  test("looks at none, at one, or at a part of a parallel run", () => {
    expectTypeOf<AnySession>().toEqualTypeOf<ManagedBacktestSession | ParallelSubSession>();
    expectTypeOf(useSlotProgress(session)).toEqualTypeOf<SlotProgress>();
    expectTypeOf(useConnectionStatus(null)).toEqualTypeOf<ConnectionOverview>();
    expectTypeOf<ConnectionOverview["subscriptions"][number]>().toEqualTypeOf<SubscriptionConnection>();
    expectTypeOf<SlotProgress["done"]>().toEqualTypeOf<bigint>();
  });

  test("has events of the types that are named, and of no others", () => {
    const { events } = useEvents(session, { types: ["slot", "completed"] });
    expectTypeOf(events).toEqualTypeOf<readonly EventOf<"slot" | "completed">[]>();
    expectTypeOf(useEvents(session)).toEqualTypeOf<RecentEvents<EventType>>();
    const options: UseEventsOptions<"transaction"> = { types: ["transaction"], limit: 5 };
    expectTypeOf(useEvents(session, options).events[0]?.transaction.slot).toEqualTypeOf<bigint | undefined>();
    // @ts-expect-error: there is no such event
    useEvents(session, { types: ["slots"] });
    useEventHandler(session, ["accountDiff"], ({ diff }) => expectTypeOf(diff.account).toEqualTypeOf<string | undefined>());
    // @ts-expect-error: a slot has no diff
    useEventHandler(session, ["slot"], ({ diff }) => diff);
  });
});

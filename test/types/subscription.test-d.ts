import { describe, expectTypeOf, test } from "vitest";
import {
  type BacktestClient,
  type ConnectionChange,
  type ConnectionStatus,
  type ContinueResult,
  type ContinuityEvent,
  type InjectedTransaction,
  isSimulatorError,
  type ManagedBacktestSession,
  type ObservedSession,
  type SimulatorErrorCode,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionEmitterEvents,
  type SubscriptionEvent,
  type TransactionEvent,
  type TransactionOutcome,
  type UnrecognizedEvent,
} from "../../src/index.js";

declare const client: BacktestClient;
declare const session: ManagedBacktestSession;

describe("a subscription", () => {
  test("a subscription iterates over the events of its kind", async () => {
    const options: SubscribeOptions = { signal: AbortSignal.abort() };
    const subscription = session.subscribeTransactions(["address"], options);
    for await (const event of subscription) {
      expectTypeOf(event).toEqualTypeOf<TransactionEvent | ContinuityEvent | UnrecognizedEvent>();
      expectTypeOf(event).toExtend<SubscriptionEvent>();
    }
  });

  test("a subscription has an id and listeners, and can be used with `await using`", () => {
    const subscription: Subscription = session.subscribeAccountDiffs(["address"]);
    expectTypeOf<Subscription["id"]>().toEqualTypeOf<string>();
    subscription.on("accountDiff", (event) => expectTypeOf(event.subscriptionId).toEqualTypeOf<string>());
    subscription.on("connection", ({ status }) => expectTypeOf(status).toEqualTypeOf<ConnectionStatus>());
    expectTypeOf<keyof SubscriptionEmitterEvents>().toExtend<SubscriptionEvent["type"] | "connection">();
    expectTypeOf(subscription.release()).toEqualTypeOf<void>();
    expectTypeOf(subscription[Symbol.asyncDispose]()).toEqualTypeOf<Promise<void>>();
    // @ts-expect-error: a subscription to account diffs has no slot events
    subscription.on("slot", () => {});
  });
});

describe("an observed session", () => {
  test("an observed session has subscriptions and events, but no continue method", () => {
    const observed: ObservedSession = client.observe("https://simulator.example/backtest/x");
    expectTypeOf(observed.rpcEndpoint).toEqualTypeOf<string>();
    expectTypeOf(observed.subscribeTransactions(["address"])).toExtend<Subscription<TransactionEvent>>();
    expectTypeOf(observed.close()).toEqualTypeOf<Promise<void>>();
    // @ts-expect-error: only the owner of a session can continue it
    observed.continue();
  });
});

describe("a step", () => {
  test("the result of a step includes the outcomes of injected transactions", async () => {
    const result = await session.advance(10n, { signal: AbortSignal.abort() });
    expectTypeOf(result).toEqualTypeOf<ContinueResult>();
    expectTypeOf(result.transactions).toEqualTypeOf<InjectedTransaction[]>();
    expectTypeOf<InjectedTransaction["outcome"]>().toEqualTypeOf<TransactionOutcome | undefined>();
    expectTypeOf<TransactionOutcome>().toEqualTypeOf<{ err: unknown; logs: string[]; unitsConsumed: bigint }>();
  });
});

describe("other public names", () => {
  test("a ConnectionChange has an optional `subscriptionId`", () => {
    expectTypeOf<ConnectionChange>().toEqualTypeOf<{ channel: string; subscriptionId?: string; status: ConnectionStatus }>();
  });

  test("isSimulatorError narrows an unknown error", () => {
    const error: unknown = undefined;
    if (isSimulatorError(error, "runActive")) expectTypeOf(error.code).toExtend<SimulatorErrorCode>();
  });

  test("a client can be used with `await using`", () => {
    expectTypeOf(client[Symbol.asyncDispose]()).toEqualTypeOf<Promise<void>>();
  });
});

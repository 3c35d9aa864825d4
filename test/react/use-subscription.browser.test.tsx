import { describe, expect, test } from "vitest";
import type { TransactionEvent } from "../../src/channels/managed-events.js";
import type { BacktestClient } from "../../src/client/backtest-client.js";
import {
  type AccountState,
  type AnySubscribable,
  type SubscriptionState,
  useAccount,
  useBacktestSession,
  useSubscription,
  useTransactions,
} from "../../src/react/index.js";
import { expectNoConsoleErrors, frames, mount, openSimulator, Shown, START, Watch } from "./react-harness.js";

const CREATE = { startSlot: START, endSlot: START + 10n };

interface TransactionsProps {
  session: AnySubscribable | undefined;
  programs: string[];
  limit?: number;
  watch: Watch<SubscriptionState<TransactionEvent>>;
}

function Transactions({ session, programs, limit, watch }: TransactionsProps) {
  return <Shown value={useTransactions(session, programs, limit === undefined ? {} : { limit })} watch={watch} />;
}

interface WholeRunProps {
  client: BacktestClient;
  program: string;
  watch: Watch<SubscriptionState<TransactionEvent>>;
}

function WholeRun({ client, program, watch }: WholeRunProps) {
  const { session } = useBacktestSession(client, CREATE, { run: true });
  return <Transactions session={session} programs={[program]} limit={10_000} watch={watch} />;
}

function Account({ session, address, watch }: { session: AnySubscribable; address: string | null; watch: Watch<AccountState> }) {
  return <Shown value={useAccount(session, address)} watch={watch} />;
}

function Slots({ session, watch }: { session: AnySubscribable; watch: Watch<bigint | undefined> }) {
  return <Shown value={useSubscription(session, "slot", []).events.at(-1)?.slot} watch={watch} />;
}

expectNoConsoleErrors();

describe("useTransactions", () => {
  test("useTransactions receives all transactions of a run that useBacktestSession starts", async () => {
    const { simulator, client, program } = openSimulator();
    const watch = new Watch<SubscriptionState<TransactionEvent>>();
    mount(<WholeRun client={client} program={program} watch={watch} />);
    await watch.until(({ connection, events }) => connection?.state === "closed" && events.length > 0);
    const sent = simulator.record.sessions[0]?.notifications("transaction", program);
    expect(watch.last?.events).toHaveLength(sent?.length ?? 0);
    expect(watch.last?.events[0]?.transaction.slot).toBe(START);
    expect(watch.last).toMatchObject({ dropped: 0, gaps: 0, unrecognized: 0 });
  });

  test("events of useTransactions are delivered to the hook only, not to the iterator of the session", async () => {
    const { client, program } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<SubscriptionState<TransactionEvent>>();
    mount(<Transactions session={session} programs={[program]} limit={5} watch={watch} />);
    await watch.until(({ connection }) => connection?.state === "up");
    const types = new Set<string>();
    for await (const event of session.run()) types.add(event.type);
    expect(types).toContain("completed");
    expect(types).not.toContain("transaction");
    expect(await watch.until(({ events }) => events.length === 5)).toMatchObject({ dropped: expect.any(Number) });
    await session.closed;
  });

  test("useTransactions opens one subscription in StrictMode, keeps it for equal programs, and replaces it for other programs", async () => {
    const { simulator, client, program } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<SubscriptionState<TransactionEvent>>();
    const { show } = mount(<Transactions session={session} programs={[program]} watch={watch} />);
    await watch.until(({ connection }) => connection?.state === "up");
    const [first] = session.subscriptions;
    show(<Transactions session={session} programs={[program]} watch={watch} />);
    await frames(2);
    expect(session.subscriptions).toEqual([first]);
    const other = simulator.programs[1] as string;
    show(<Transactions session={session} programs={[other]} watch={watch} />);
    await expect.poll(() => session.subscriptions.map(({ filters }) => filters)).toEqual([[other]]);
    await session.shutdown();
  });

  test("useTransactions unsubscribes when the component unmounts, and the session stays open", async () => {
    const { client, program } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<SubscriptionState<TransactionEvent>>();
    const { unmount } = mount(<Transactions session={session} programs={[program]} watch={watch} />);
    await watch.until(({ connection }) => connection?.state === "up");
    unmount();
    await expect.poll(() => session.subscriptions).toEqual([]);
    expect(session.connection.state).toBe("up");
    await session.shutdown();
  });

  test("useTransactions opens no subscription without a session or without programs", async () => {
    const { client, sockets } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<SubscriptionState<TransactionEvent>>();
    const { show } = mount(<Transactions session={undefined} programs={["not read"]} watch={watch} />);
    show(<Transactions session={session} programs={[]} watch={watch} />);
    await frames(3);
    expect(new Set(watch.seen)).toEqual(new Set([{ events: [], dropped: 0, gaps: 0, unrecognized: 0 }]));
    expect(sockets.last).toBe(1);
    await session.shutdown();
  });

  test("useTransactions reports an invalid address as an error", async () => {
    const { client } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<SubscriptionState<TransactionEvent>>();
    mount(<Transactions session={session} programs={["O0"]} watch={watch} />);
    const { error } = await watch.until((state) => state.error !== undefined);
    expect(error).toMatchObject({ code: "invalidParams" });
    await session.shutdown();
  });

  test("useTransactions returns the error `controlClosed` if the component mounts after the end of the session", async () => {
    const { client, program } = openSimulator();
    const session = await client.startSession(CREATE);
    await session.shutdown();
    const watch = new Watch<SubscriptionState<TransactionEvent>>();
    mount(<Transactions session={session} programs={[program]} watch={watch} />);
    const { error, events } = await watch.until((state) => state.error !== undefined);
    expect(error).toMatchObject({ code: "controlClosed" });
    expect(events).toEqual([]);
  });

  test("useTransactions delivers the same events to each component that subscribes to the same program", async () => {
    const { client, program } = openSimulator();
    const session = await client.startSession(CREATE);
    const left = new Watch<SubscriptionState<TransactionEvent>>();
    const right = new Watch<SubscriptionState<TransactionEvent>>();
    mount(
      <>
        <Transactions session={session} programs={[program]} limit={10_000} watch={left} />
        <Transactions session={session} programs={[program]} limit={10_000} watch={right} />
      </>,
    );
    for (const watch of [left, right]) await watch.until(({ connection }) => connection?.state === "up");
    for await (const _ of session.run());
    const [first, second] = await Promise.all(
      [left, right].map((watch) => watch.until(({ connection }) => connection?.state === "closed")),
    );
    expect(first?.events.length).toBeGreaterThan(0);
    expect(second?.events.map(({ transaction }) => transaction)).toEqual(first?.events.map(({ transaction }) => transaction));
  });

  test("useTransactions closes all its subscriptions and connections after many quick changes of the programs", async () => {
    const { simulator, client, sockets } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<SubscriptionState<TransactionEvent>>();
    const { show, unmount } = mount(<Transactions session={session} programs={[]} watch={watch} />);
    for (const program of simulator.programs) show(<Transactions session={session} programs={[program]} watch={watch} />);
    await frames(2);
    unmount();
    await expect.poll(() => session.subscriptions).toEqual([]);
    await session.shutdown();
    await sockets.until((open) => open === 0);
  });

  test("useTransactions receives transactions if its session was returned by client.observe()", async () => {
    const { client, program } = openSimulator();
    const session = await client.startSession(CREATE);
    const observed = client.observe(session.info.rpcEndpoint);
    const watch = new Watch<SubscriptionState<TransactionEvent>>();
    mount(<Transactions session={observed} programs={[program]} watch={watch} />);
    await watch.until(({ connection }) => connection?.state === "up");
    for await (const _ of session.run());
    await watch.until(({ events }) => events.length > 0);
    await observed.close();
  });
});

describe("useAccount", () => {
  test("useAccount returns the last state of an account, even if the account changed before the component mounted", async () => {
    const { client, program } = openSimulator();
    const session = await client.startSession(CREATE);
    const diffs = session.subscribeAccountDiffs([program]);
    await diffs.ready;
    const seen: { address: string; slot: bigint }[] = [];
    diffs.on("accountDiff", ({ diff }) => seen.push({ address: diff.account as string, slot: diff.context.slot }));
    await session.advance(1);
    await expect.poll(() => seen.length).toBeGreaterThan(0);
    const [{ address, slot: changedAt }] = seen as [(typeof seen)[number]];
    const watch = new Watch<AccountState>();
    mount(<Account session={session} address={address} watch={watch} />);
    await watch.until(({ slot }) => slot === changedAt);
    for await (const _ of session.run());
    await session.closed;
    const last = seen.filter((diff) => diff.address === address).at(-1)?.slot;
    const { account } = await watch.until(({ slot }) => slot === last);
    expect(account).toMatchObject({ lamports: expect.any(BigInt), owner: expect.any(String) });
  });

  test("useAccount opens no subscription without an address", async () => {
    const { client } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<AccountState>();
    mount(<Account session={session} address={null} watch={watch} />);
    expect(await watch.until(() => true)).toEqual({});
    await frames(2);
    expect(session.subscriptions).toEqual([]);
    await session.shutdown();
  });
});

describe("useSubscription", () => {
  test("useSubscription accepts an empty list of filters for a kind without filters", async () => {
    const { client } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<bigint | undefined>();
    mount(<Slots session={session} watch={watch} />);
    await expect.poll(() => session.subscriptions[0]?.connection.state).toBe("up");
    for await (const _ of session.run());
    expect(await watch.until((slot) => slot === START + 10n)).toBe(START + 10n);
  });
});

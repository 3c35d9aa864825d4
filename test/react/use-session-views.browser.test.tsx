import { describe, expect, test } from "vitest";
import type { TransactionEvent } from "../../src/channels/managed-events.js";
import {
  type AnySession,
  type ConnectionOverview,
  type RecentEvents,
  type SlotProgress,
  useConnectionStatus,
  useEventHandler,
  useEvents,
  useSlotProgress,
} from "../../src/react/index.js";
import { expectNoConsoleErrors, frames, mount, openSimulator, Shown, START, Watch } from "./react-harness.js";

const CREATE = { startSlot: START, endSlot: START + 40n };

function Progress({ session, watch }: { session: AnySession | undefined; watch: Watch<SlotProgress> }) {
  return <Shown value={useSlotProgress(session)} watch={watch} />;
}

function Connections({ session, watch }: { session: AnySession | undefined; watch: Watch<ConnectionOverview> }) {
  return <Shown value={useConnectionStatus(session)} watch={watch} />;
}

interface TransactionsProps {
  session: AnySession | undefined;
  limit?: number;
  watch: Watch<RecentEvents<"transaction">>;
  count?: () => void;
}

function Transactions({ session, limit = 100, watch, count }: TransactionsProps) {
  count?.();
  return <Shown value={useEvents(session, { types: ["transaction"], limit })} watch={watch} />;
}

function Stops({ session, watch }: { session: AnySession; watch: Watch<RecentEvents<"readyForContinue">> }) {
  return <Shown value={useEvents(session, { types: ["readyForContinue"] })} watch={watch} />;
}

function AllTypes({ session, watch }: { session: AnySession; watch: Watch<readonly string[]> }) {
  const { events } = useEvents(session, { limit: 10_000 });
  return <Shown value={events.map(({ type }) => type)} watch={watch} />;
}

interface HandlerProps {
  session: AnySession;
  name: string;
  calls: string[];
  count: () => void;
  watch: Watch<string>;
}

function Handler({ session, name, calls, count, watch }: HandlerProps) {
  count();
  useEventHandler(session, ["transaction", "slot"], (event) => calls.push(`${name} ${event.type}`));
  return <Shown value={name} watch={watch} />;
}

function NoTypes({ session }: { session: AnySession }) {
  useEventHandler(session, [], () => {});
  return null;
}

async function runToEnd(session: AnySession, step?: number): Promise<void> {
  for await (const _ of session.run(step === undefined ? {} : { step }));
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Returns a transaction event that has only a slot. */
function transactionOf(slot: number): TransactionEvent {
  return {
    type: "transaction",
    subscriptionId: "transaction-1",
    program: "",
    transaction: { slot: BigInt(slot) } as TransactionEvent["transaction"],
  };
}

expectNoConsoleErrors();

describe("useSlotProgress", () => {
  test("useSlotProgress counts up from 0 to the total number of slots", async () => {
    const { client } = openSimulator({ slotDelayMs: 1 });
    const session = await client.startSession(CREATE);
    const watch = new Watch<SlotProgress>();
    mount(<Progress session={session} watch={watch} />);
    await watch.until(({ total }) => total === 41n);
    expect(watch.last).toEqual({ done: 0n, total: 41n, fraction: 0, slotsPerSecond: 0, completed: false });
    await runToEnd(session, 4);
    await watch.until(({ completed }) => completed);
    expect(watch.last).toEqual({ done: 41n, total: 41n, fraction: 1, slot: START + 40n, slotsPerSecond: 0, completed: true });
    const done = watch.seen.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => Number(a - b)));
    expect(done.length).toBeGreaterThan(3);
    expect(Math.max(...watch.seen.map(({ slotsPerSecond }) => slotsPerSecond))).toBeGreaterThan(0);
  });

  test("useSlotProgress always returns the same object with 0 of 0 slots if there is no session", async () => {
    const watch = new Watch<SlotProgress>();
    const { show } = mount(<Progress session={undefined} watch={watch} />);
    await watch.until(() => true);
    show(<Progress session={undefined} watch={watch} />);
    await expect.poll(() => watch.seen.length).toBeGreaterThan(1);
    expect(new Set(watch.seen)).toEqual(new Set([{ done: 0n, total: 0n, fraction: 0, slotsPerSecond: 0, completed: false }]));
  });

  test("useSlotProgress shows the current progress if the component mounts after the run", async () => {
    const { client } = openSimulator();
    const session = await client.startSession(CREATE);
    await runToEnd(session);
    const watch = new Watch<SlotProgress>();
    mount(<Progress session={session} watch={watch} />);
    await watch.until(() => true);
    expect(watch.seen[0]).toMatchObject({ done: 41n, fraction: 1, completed: true });
  });

  test("useSlotProgress accepts a sub-session of a parallel run", async () => {
    const { client } = openSimulator({ parallelSessions: 2 });
    const run = await client.startParallelSession(CREATE);
    const watch = new Watch<SlotProgress>();
    mount(<Progress session={run.subSessions[1]} watch={watch} />);
    for await (const _ of run.run());
    const { startSlot, endSlot } = run.subSessions[1]?.range ?? { startSlot: 0n, endSlot: 0n };
    expect(await watch.until(({ completed }) => completed)).toMatchObject({ done: endSlot - startSlot + 1n });
  });
});

describe("useConnectionStatus", () => {
  test("useConnectionStatus shows the control connection and each subscription before, during and after a reconnect", async () => {
    const { simulator, client, program } = openSimulator({}, { reconnect: { initialBackoffMs: 200, jitter: 0 } });
    const session = await client.startSession(CREATE);
    const other = simulator.programs[1] as string;
    const subscriptions = [session.subscribeTransactions([program]), session.subscribeTransactions([other])];
    const watch = new Watch<ConnectionOverview>();
    mount(<Connections session={session} watch={watch} />);
    await Promise.all(subscriptions.map(({ ready }) => ready));
    const up = await watch.until(({ state }) => state === "up");
    expect(up).toEqual({
      state: "up",
      control: { state: "up" },
      subscriptions: [
        { kind: "transaction", filters: [program], status: { state: "up" } },
        { kind: "transaction", filters: [other], status: { state: "up" } },
      ],
    });
    simulator.faults.drop({ channel: "control" });
    const down = await watch.until(({ control }) => control?.state === "down" && control.retryAt !== undefined);
    expect(down).toMatchObject({ state: "down", control: { phase: "backingOff", attempt: 1, reason: expect.any(String) } });
    expect(down.subscriptions).toEqual(up.subscriptions);
    await watch.until(({ state }) => state === "up");
    await subscriptions[0]?.unsubscribe();
    expect((await watch.until((shown) => shown.subscriptions.length === 1)).subscriptions[0]?.filters).toEqual([other]);
    await session.shutdown();
    expect(await watch.until(({ state }) => state === "closed")).toEqual({
      state: "closed",
      control: { state: "closed" },
      subscriptions: [],
    });
  });

  test("the overall state of useConnectionStatus is `failed` if one connection has failed", async () => {
    const { simulator, client, program } = openSimulator({}, { reconnect: { maxAttempts: 1, initialBackoffMs: 1 } });
    const session = await client.startSession(CREATE);
    await session.subscribeTransactions([program]).ready;
    const watch = new Watch<ConnectionOverview>();
    mount(<Connections session={session} watch={watch} />);
    await watch.until(({ state }) => state === "up");
    simulator.faults.refuseUpgrade(503, 10, { channel: "control" });
    simulator.faults.drop({ channel: "control" });
    expect(await watch.until(({ state }) => state === "failed")).toMatchObject({ control: { state: "failed" } });
  });

  test("useConnectionStatus is idle without a session", async () => {
    const watch = new Watch<ConnectionOverview>();
    mount(<Connections session={undefined} watch={watch} />);
    expect(await watch.until(() => true)).toEqual({ state: "idle", subscriptions: [] });
  });

  test("useConnectionStatus and useSlotProgress consume no events of the session", async () => {
    const { simulator, client } = openSimulator();
    const session = await client.startSession(CREATE);
    mount(
      <>
        <Progress session={session} watch={new Watch()} />
        <Connections session={session} watch={new Watch()} />
      </>,
    );
    await frames(5);
    const all = simulator.record.sessions[0]?.control.map(({ response }) => response.method) ?? [];
    const expected = all.filter((method) => method !== "sessionCreated");
    const delivered: string[] = [];
    for (let left = expected.length; left > 0; left--) delivered.push((await session.nextEvent()).type);
    expect(delivered).toEqual(expected);
    expect(delivered).toContain("readyForContinue");
  });
});

describe("useEvents", () => {
  test("useEvents returns the newest events, and counts the dropped events", async () => {
    const { simulator, client, program } = openSimulator();
    const session = await client.startSession(CREATE);
    await session.subscribeTransactions([program]).ready;
    const watch = new Watch<RecentEvents<"transaction">>();
    mount(<Transactions session={session} limit={7} watch={watch} />);
    await watch.until(() => true);
    await runToEnd(session);
    const recorded = simulator.record.sessions[0]?.notifications("transaction", program) ?? [];
    const { events } = await watch.until(({ dropped }) => dropped === recorded.length - 7);
    const slots = events.map(({ transaction }) => transaction.slot);
    expect(slots).toEqual(recorded.slice(-7).map(({ slot }) => slot));
  });

  test("useEvents starts the delivery of events, like any other listener", async () => {
    const { client } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<RecentEvents<"readyForContinue">>();
    mount(<Stops session={session} watch={watch} />);
    expect((await watch.until(({ events }) => events.length > 0)).events).toEqual([{ type: "readyForContinue" }]);
  });

  test("useEvents renders once for 10,000 events in one task", async () => {
    const { client } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<RecentEvents<"transaction">>();
    mount(<Transactions session={session} watch={watch} />);
    await watch.until(() => true);
    await frames(2);
    const before = watch.seen.length;
    for (let slot = 0; slot < 10_000; slot++) session.emit("transaction", transactionOf(slot));
    const { events, dropped } = await watch.until((shown) => shown.events.length > 0);
    await frames(3);
    expect(watch.seen).toHaveLength(before + 1);
    expect(dropped).toBe(9_900);
    expect(events.map(({ transaction }) => Number(transaction.slot))).toEqual(Array.from({ length: 100 }, (_, i) => 9_900 + i));
  });

  test("useEvents renders at most once per frame while events arrive", async () => {
    const { client } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<RecentEvents<"transaction">>();
    mount(<Transactions session={session} watch={watch} />);
    await watch.until(() => true);
    await frames(2);
    const before = watch.seen.length;
    const start = performance.now();
    let passed = 0;
    let frame = requestAnimationFrame(function count() {
      passed++;
      frame = requestAnimationFrame(count);
    });
    for (let slot = 0; slot < 10_000; slot++) {
      session.emit("transaction", transactionOf(slot));
      // Emits 20 events in each task, to imitate the messages of a socket.
      if (slot % 20 === 19) await nextTask();
    }
    await watch.until(({ events, dropped }) => events.length + dropped === 10_000);
    cancelAnimationFrame(frame);
    const renderings = watch.seen.length - before;
    expect(renderings).toBeGreaterThan(0);
    // The limit: one rendering per animation frame, one at the end, and one per 100 ms. If the browser shows no animation frame
    // for 100 ms, a timer causes a rendering.
    expect(renderings).toBeLessThanOrEqual(passed + 1 + (performance.now() - start) / 100);
    expect(renderings).toBeLessThan(250);
  });

  test("useEvents causes no rendering without a change, and keeps the same snapshot object", async () => {
    const { client } = openSimulator();
    const session = await client.startSession(CREATE);
    const watch = new Watch<RecentEvents<"transaction">>();
    let renderings = 0;
    const count = () => {
      renderings++;
    };
    const node = () => (
      <>
        <Transactions session={session} watch={watch} count={count} />
        <Progress session={session} watch={new Watch()} />
        <Connections session={session} watch={new Watch()} />
      </>
    );
    const { show } = mount(node());
    await watch.until(() => true);
    session.emit("transaction", transactionOf(1));
    await watch.until(({ events }) => events.length === 1);
    await frames(2);
    const before = renderings;
    for (let times = 0; times < 1_000; times++) {
      session.emit("slot", { type: "slot", slot: START });
      session.emit("connection", { channel: "control", status: { state: "up" } });
    }
    await frames(3);
    expect(renderings).toBe(before);
    const { last } = watch;
    show(node());
    await expect.poll(() => renderings).toBeGreaterThan(before);
    expect(watch.last).toBe(last);
  });

  test("useEvents returns no events for another session or without a session", async () => {
    const { client } = openSimulator();
    const [first, second] = [await client.startSession(CREATE), await client.startSession(CREATE)];
    const watch = new Watch<RecentEvents<"transaction">>();
    const { show } = mount(<Transactions session={first} watch={watch} />);
    await watch.until(() => true);
    first.emit("transaction", transactionOf(1));
    await watch.until(({ events }) => events.length === 1);
    show(<Transactions session={second} watch={watch} />);
    await watch.until(({ events }) => events.length === 0);
    first.emit("transaction", transactionOf(2));
    second.emit("transaction", transactionOf(3));
    const { events } = await watch.until((shown) => shown.events.length > 0);
    expect(events.map(({ transaction }) => transaction.slot)).toEqual([3n]);
    expect(first.listenerCount("transaction")).toBe(0);
    show(<Transactions session={undefined} watch={watch} />);
    await watch.until((shown) => shown.events.length === 0);
    expect(second.listenerCount("transaction")).toBe(0);
  });

  test("useEvents returns events of all types by default", async () => {
    const { client, program } = openSimulator();
    const session = await client.startSession({ ...CREATE, sendSummary: true });
    session.subscribeAccountDiffs([program]);
    const watch = new Watch<readonly string[]>();
    mount(<AllTypes session={session} watch={watch} />);
    await watch.until(() => true);
    await runToEnd(session);
    const types = await watch.until((shown) => shown.includes("completed"));
    expect(new Set(types)).toEqual(new Set(["status", "readyForContinue", "slot", "accountDiff", "completed"]));
  });
});

describe("useEventHandler", () => {
  test("useEventHandler adds no listener for an empty list of types", async () => {
    const { client } = openSimulator();
    const session = await client.startSession(CREATE);
    mount(<NoTypes session={session} />);
    await frames(3);
    expect(session.eventNames()).toEqual([]);
    const first = await session.nextEvent();
    expect(["status", "readyForContinue"]).toContain(first.type);
  });

  test("useEventHandler calls the handler of the last rendering once per event, and causes no rendering", async () => {
    const { client } = openSimulator();
    const session = await client.startSession(CREATE);
    const calls: string[] = [];
    let renderings = 0;
    const watch = new Watch<string>();
    const handler = (name: string) => (
      <Handler session={session} name={name} calls={calls} count={() => renderings++} watch={watch} />
    );
    const { show, unmount } = mount(handler("first"));
    // The effects of a rendering run together, so the listener exists as soon as the name is seen.
    await watch.until((name) => name === "first");
    session.emit("transaction", transactionOf(1));
    show(handler("second"));
    await watch.until((name) => name === "second");
    const before = renderings;
    session.emit("slot", { type: "slot", slot: START });
    session.emit("completed", { type: "completed" });
    await frames(2);
    expect(calls).toEqual(["first transaction", "second slot"]);
    expect(renderings).toBe(before);
    unmount();
    expect(session.eventNames()).toEqual([]);
  });
});

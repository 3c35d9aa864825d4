import { Activity, type ReactNode, Suspense, use } from "react";
import { describe, expect, test, vi } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";
import {
  type BacktestSessionState,
  type UseBacktestSessionOptions,
  useBacktestSession,
  useEventHandler,
  useEvents,
} from "../../src/react/index.js";
import type { SessionCheckpoint } from "../../src/session/checkpoint/session-checkpoint.js";
import type { CreateSession } from "../../src/session/create-options.js";
import { expectNoConsoleErrors, frames, mount, openSimulator, Shown, START, Watch } from "./react-harness.js";

const CREATE: CreateSession = { startSlot: START, endSlot: START + 20n };

interface SessionProps extends UseBacktestSessionOptions {
  client?: BacktestClient | null;
  create?: CreateSession | SessionCheckpoint | null;
  watch: Watch<BacktestSessionState>;
  children?: ReactNode;
}

function Session({ client, create = CREATE, watch, children, ...options }: SessionProps) {
  const value = useBacktestSession(client, create, options);
  return (
    <>
      <Shown value={value} watch={watch} />
      {children}
    </>
  );
}

interface SlotsProps {
  client: BacktestClient;
  slots: number;
  seen: { slots: number; total: bigint | undefined }[];
  watch: Watch<BacktestSessionState>;
}

/** Records the value of every rendering, including renderings that are not committed. */
function Slots({ client, slots, seen, watch }: SlotsProps) {
  const value = useBacktestSession(client, { startSlot: START, endSlot: START + BigInt(slots) - 1n });
  seen.push({ slots, total: value.session?.progress.total });
  return <Shown value={value} watch={watch} />;
}

function Slow({ loading }: { loading: Promise<void> }) {
  use(loading);
  return null;
}

interface ListenersProps {
  session: BacktestSessionState["session"];
  handled: bigint[];
  listed: Watch<number>;
}

function Listeners({ session, handled, listed }: ListenersProps) {
  const { events, dropped } = useEvents(session, { types: ["transaction"], limit: 10 });
  useEventHandler(session, ["slot"], ({ slot }) => handled.push(slot));
  return <Shown value={events.length + dropped} watch={listed} />;
}

interface RunningProps extends Omit<ListenersProps, "session"> {
  steps: string[];
  client: BacktestClient;
  program: string;
  watch: Watch<BacktestSessionState>;
}

function Running({ client, program, watch, steps, ...listeners }: RunningProps) {
  const value = useBacktestSession(client, CREATE, {
    setup: (session) => session.subscribeTransactions([program]),
    run: true,
  });
  // This effect runs after the effect that runs the session; effects of child components run before it.
  useEventHandler(value.session, ["status", "readyForContinue"], ({ type }) => steps.push(type));
  return (
    <>
      <Shown value={value} watch={watch} />
      <Listeners session={value.session} {...listeners} />
    </>
  );
}

interface SteppingProps {
  client: BacktestClient;
  isRunning: boolean;
  step?: number;
  slots: Watch<bigint>;
  watch: Watch<BacktestSessionState>;
}

function Stepping({ client, isRunning, step = 5, slots, watch }: SteppingProps) {
  const value = useBacktestSession(client, CREATE, { run: isRunning && { step } });
  useEventHandler(value.session, ["slot"], ({ slot }) => slots.see(slot));
  return <Shown value={value} watch={watch} />;
}

const is = (state: BacktestSessionState["state"]) => (value: BacktestSessionState) => value.state === state;
const methodsOf = (record: { requests: readonly { method: string }[] } | undefined) =>
  record?.requests.map(({ method }) => method);
const isClosed = (open: number): boolean => open === 0;

expectNoConsoleErrors();

describe("useBacktestSession", () => {
  test("useBacktestSession starts one session in StrictMode, and runs it to its end", async () => {
    const { simulator, client } = openSimulator();
    const start = vi.spyOn(client, "startSession");
    const watch = new Watch<BacktestSessionState>();
    mount(<Session client={client} watch={watch} run />);
    await watch.until(is("closed"));
    expect(start).toHaveBeenCalledTimes(1);
    const states = watch.seen.map(({ state }) => state);
    expect([...new Set(states)]).toEqual(["starting", "ready", "closed"]);
    expect(watch.last).toMatchObject({ state: "closed", reason: "completed" });
    expect(simulator.record.sessions).toHaveLength(1);
    expect(simulator.record.connections).toEqual({ control: 1, subscription: 0 });
  });

  test("useBacktestSession closes the session on the server when the component unmounts, and leaves no socket", async () => {
    const { simulator, client, sockets, program } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const { unmount } = mount(
      <Session client={client} watch={watch} setup={(session) => session.subscribeTransactions([program]).ready} />,
    );
    const { session } = await watch.until(is("ready"));
    expect(sockets.last).toBe(2);
    unmount();
    await sockets.until(isClosed);
    expect(await session?.closed).toEqual({ reason: "shutdown" });
    expect(methodsOf(simulator.record.sessions[0])).toEqual(["createBacktestSession", "closeBacktestSession"]);
  });

  test("useBacktestSession creates no session if the component unmounts at once", async () => {
    const { simulator, client, sockets } = openSimulator();
    const start = vi.spyOn(client, "startSession");
    const watch = new Watch<BacktestSessionState>();
    const { unmount } = mount(<Session client={client} watch={watch} />);
    await watch.until(is("starting"));
    unmount();
    await expect(start.mock.results[0]?.value).rejects.toMatchObject({ code: "cancelled" });
    expect(start).toHaveBeenCalledTimes(1);
    if (sockets.last !== undefined) await sockets.until(isClosed);
    expect(simulator.record.sessions).toEqual([]);
  });

  test("useBacktestSession closes the session if the component unmounts while it is created", async () => {
    const { simulator, client, sockets, sent } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const { unmount } = mount(<Session client={client} watch={watch} />);
    await sent.until((text) => text.includes("createBacktestSession"));
    unmount();
    await sockets.until(isClosed);
    expect(watch.seen.map(({ state }) => state)).not.toContain("ready");
    // The session had already been created, so the client closes it.
    expect(simulator.record.sessions.map(methodsOf)).toEqual([["createBacktestSession", "closeBacktestSession"]]);
  });

  test("useBacktestSession closes the session if the component unmounts during setup", async () => {
    const { simulator, client, sockets } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const setups = new Watch<unknown>();
    const setup: UseBacktestSessionOptions["setup"] = (session) => {
      setups.see(session);
      return new Promise(() => {});
    };
    const { unmount } = mount(<Session client={client} watch={watch} setup={setup} />);
    await setups.until(() => true);
    expect(watch.last?.state).toBe("starting");
    unmount();
    await sockets.until(isClosed);
    expect(methodsOf(simulator.record.sessions[0])).toEqual(["createBacktestSession", "closeBacktestSession"]);
  });

  test("useBacktestSession keeps the session while the create parameters have the same content", async () => {
    const { simulator, client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const { show } = mount(<Session client={client} create={{ startSlot: START, slotCount: 21n }} watch={watch} />);
    const ready = await watch.until(is("ready"));
    for (const create of [
      { slotCount: 21, startSlot: Number(START) },
      { startSlot: START, slotCount: 21, name: undefined },
    ] as CreateSession[]) {
      show(<Session client={client} create={create} watch={watch} setup={() => {}} />);
      await frames(2);
    }
    expect(watch.last).toBe(ready);
    expect(simulator.record.sessions).toHaveLength(1);
  });

  test("useBacktestSession starts another session when the create parameters change, and never renders the old session with the changed parameters", async () => {
    const { simulator, client } = openSimulator();
    const seen: SlotsProps["seen"] = [];
    const watch = new Watch<BacktestSessionState>();
    const { show } = mount(<Slots client={client} slots={20} seen={seen} watch={watch} />);
    const { session: first } = await watch.until(is("ready"));
    show(<Slots client={client} slots={30} seen={seen} watch={watch} />);
    await watch.until(({ session }) => session !== undefined && session !== first);
    expect(await first?.closed).toEqual({ reason: "shutdown" });
    const shown = seen.filter(({ total }) => total !== undefined);
    expect(shown.every(({ slots, total }) => total === BigInt(slots))).toBe(true);
    expect(new Set(shown.map(({ slots }) => slots))).toEqual(new Set([20, 30]));
    expect(simulator.record.sessions).toHaveLength(2);
  });

  test("useBacktestSession is idle without a client or parameters, and ends the session when they are removed", async () => {
    const { simulator, client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const { show } = mount(<Session client={undefined} watch={watch} />);
    await watch.until(is("idle"));
    show(<Session client={client} create={null} watch={watch} />);
    await frames(2);
    expect(watch.last?.state).toBe("idle");
    expect(simulator.record.connections.control).toBe(0);
    show(<Session client={client} watch={watch} />);
    const { session } = await watch.until(is("ready"));
    show(<Session client={client} create={null} watch={watch} />);
    expect(await session?.closed).toEqual({ reason: "shutdown" });
    expect(watch.last?.state).toBe("idle");
  });

  test("useBacktestSession restarts on request", async () => {
    const { simulator, client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    mount(<Session client={client} watch={watch} run />);
    const { restart, session: first } = await watch.until(is("closed"));
    restart();
    const again = await watch.until((value) => value.state === "closed" && value.session !== first);
    expect(again).toMatchObject({ reason: "completed" });
    expect(again.restart).toBe(restart);
    expect(simulator.record.sessions).toHaveLength(2);
  });

  test("useBacktestSession resumes from a checkpoint", async () => {
    const { simulator, client } = openSimulator();
    const begun = await client.startSession(CREATE);
    for await (const event of begun.run({ step: 5 })) if (event.type === "slot" && event.slot === START + 9n) break;
    const checkpoint = await begun.detach();
    const watch = new Watch<BacktestSessionState>();
    mount(<Session client={client} create={checkpoint} watch={watch} run />);
    const { session } = await watch.until(is("closed"));
    expect(session?.info.sessionId).toBe(begun.info.sessionId);
    expect(watch.last).toMatchObject({ reason: "completed" });
    expect(simulator.record.sessions).toHaveLength(1);
  });

  test("useBacktestSession ends the session when an Activity hides the component, and starts another session when the component is visible again", async () => {
    const { simulator, client, sockets } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const page = (mode: "visible" | "hidden") => (
      <Activity mode={mode}>
        <Session client={client} watch={watch} />
      </Activity>
    );
    const { show } = mount(page("visible"));
    const { session: first } = await watch.until(is("ready"));
    show(page("hidden"));
    await sockets.until(isClosed);
    show(page("visible"));
    await watch.until(({ state, session }) => state === "ready" && session !== first);
    expect(simulator.record.sessions).toHaveLength(2);
  });

  test("useBacktestSession keeps the session while a sibling suspends, and starts no session in a rendering that is not committed", async () => {
    const { simulator, client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    let load = () => {};
    const loading = new Promise<void>((resolve) => {
      load = resolve;
    });
    const page = (isSlow: boolean) => (
      <Suspense>
        <Session client={client} watch={watch}>
          {isSlow && <Slow loading={loading} />}
        </Session>
      </Suspense>
    );
    const { show, unmount } = mount(page(true));
    await frames(3);
    expect(simulator.record.connections.control).toBe(0);
    load();
    const ready = await watch.until(is("ready"));
    show(page(false));
    show(page(true));
    await frames(3);
    expect(watch.last).toBe(ready);
    expect(simulator.record.sessions).toHaveLength(1);
    unmount();
  });
});

describe("a failure", () => {
  test("a failure of the start is reported, and the start can be retried", async () => {
    const { simulator } = openSimulator({ apiKey: "right" });
    let apiKey = "wrong";
    const client = new BacktestClient({
      url: simulator.url,
      WebSocket: simulator.WebSocket as unknown as typeof WebSocket,
      fetch: simulator.fetch,
      apiKey: () => apiKey,
      logger: false,
    });
    const watch = new Watch<BacktestSessionState>();
    mount(<Session client={client} watch={watch} />);
    const { error, session, restart } = await watch.until(is("failed"));
    expect(error).toBeInstanceOf(SimulatorError);
    expect(error).toMatchObject({ code: "unauthorized" });
    expect(session).toBeUndefined();
    apiKey = "right";
    restart();
    await watch.until(is("ready"));
  });

  test("a failure caused by invalid parameters is reported with the name of the field", async () => {
    const { client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    mount(<Session client={client} create={{ startSlot: START, endSlot: START - 1n }} watch={watch} />);
    expect(await watch.until(is("failed"))).toMatchObject({ error: { code: "invalidParams", field: "endSlot" } });
  });

  test("a failure of an open session is reported, and the session can still be read", async () => {
    const { simulator, client } = openSimulator({}, { reconnect: { maxAttempts: 1, initialBackoffMs: 1 } });
    const watch = new Watch<BacktestSessionState>();
    mount(<Session client={client} watch={watch} />);
    const { session } = await watch.until(is("ready"));
    simulator.faults.refuseUpgrade(503, 10);
    simulator.faults.drop();
    const failed = await watch.until(is("failed"));
    expect(failed.session).toBe(session);
    expect(failed.error).toMatchObject({ code: "controlFailed" });
  });

  test("a failure of the setup function is reported, and the session is closed on the server", async () => {
    const { simulator, client, sockets } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const mistake = new Error("setup failed");
    const setup = async () => {
      throw mistake;
    };
    mount(<Session client={client} watch={watch} setup={setup} run />);
    expect((await watch.until(is("failed"))).error).toBe(mistake);
    await sockets.until(isClosed);
    expect(methodsOf(simulator.record.sessions[0])).toEqual(["createBacktestSession", "closeBacktestSession"]);
    expect(watch.last?.error).toBe(mistake);
  });

  test("a failure to reach the server is reported with the number of attempts", async () => {
    const { simulator, client } = openSimulator({}, { reconnect: { initialBackoffMs: 200, jitter: 0 } });
    simulator.faults.refuseUpgrade(503);
    const watch = new Watch<BacktestSessionState>();
    mount(<Session client={client} watch={watch} />);
    const isWaiting = (value: BacktestSessionState): boolean =>
      value.state === "starting" && value.connection?.state === "down" && value.connection.attempt > 0;
    const waiting = await watch.until(isWaiting);
    expect(waiting).toMatchObject({ connection: { phase: "backingOff", attempt: 1, retryAt: expect.any(Number) } });
    await watch.until(is("ready"));
  });
});

describe("the run option", () => {
  test("the run option is off by default, so no continue request is sent", async () => {
    const { simulator, client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    mount(<Session client={client} watch={watch} />);
    const { session } = await watch.until(is("ready"));
    // No event was consumed.
    const [first] = simulator.record.sessions[0]?.control.filter(({ response }) => response.method !== "sessionCreated") ?? [];
    expect((await session?.nextEvent())?.type).toBe(first?.response.method);
    expect(methodsOf(simulator.record.sessions[0])).toEqual(["createBacktestSession"]);
  });

  test("the run option starts after all listeners are added", async () => {
    const { simulator, client, program } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const handled: bigint[] = [];
    const steps: string[] = [];
    const listed = new Watch<number>();
    mount(<Running client={client} program={program} watch={watch} handled={handled} listed={listed} steps={steps} />);
    await watch.until(is("closed"));
    expect(handled).toEqual(Array.from({ length: 21 }, (_, index) => START + BigInt(index)));
    const methods = simulator.record.sessions[0]?.control.map(({ response }) => response.method) ?? [];
    expect(steps).toEqual(methods.filter((method) => method === "status" || method === "readyForContinue"));
    const expected = simulator.record.sessions[0]?.notifications("transaction", program).length;
    expect(await listed.until((count) => count === expected)).toBeGreaterThan(20);
  });

  test("the run option pauses the session at the next stop when it is disabled, and continues when it is enabled", async () => {
    const { simulator, client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const slots = new Watch<bigint>();
    const page = (isRunning: boolean) => <Stepping client={client} isRunning={isRunning} slots={slots} watch={watch} />;
    const { show } = mount(page(true));
    await slots.until((slot) => slot === START + 6n);
    show(page(false));
    await frames(5);
    const paused = slots.seen.length;
    await frames(5);
    expect(slots.seen).toHaveLength(paused);
    const continues = () => methodsOf(simulator.record.sessions[0])?.filter((method) => method === "continue").length ?? 0;
    const before = continues();
    expect(before).toBeLessThanOrEqual(3);
    show(page(true));
    await watch.until(is("closed"));
    expect(slots.seen).toHaveLength(21);
    expect(continues()).toBeGreaterThan(before);
    expect(watch.last).toMatchObject({ reason: "completed" });
  });

  test("the run option delivers buffered events when it is enabled again, and closes the session then", async () => {
    const { simulator, client } = openSimulator({ slotDelayMs: 5 });
    const watch = new Watch<BacktestSessionState>();
    const slots = new Watch<bigint>();
    const page = (isRunning: boolean) => (
      <Stepping client={client} isRunning={isRunning} step={1_000} slots={slots} watch={watch} />
    );
    const { show } = mount(page(true));
    await slots.until(() => true);
    // The server proceeds to the end, and its events are buffered.
    show(page(false));
    const isCompleted = () => simulator.record.sessions[0]?.control.some(({ response }) => response.method === "completed");
    await vi.waitFor(() => expect(isCompleted()).toBe(true), { timeout: 10_000 });
    await frames(3);
    expect(watch.last?.state).toBe("ready");
    show(page(true));
    await slots.until((slot) => slot === START + 20n);
    await watch.until(is("closed"));
    expect(slots.seen).toHaveLength(21);
  });
});

import { Suspense } from "react";
import { describe, expect, test, vi } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";
import { type BacktestSessionState, type UseBacktestSessionOptions, useBacktestSession } from "../../src/react/index.js";
import type { CreateSession } from "../../src/session/create-options.js";
import { expectNoConsoleErrors, frames, mount, openSimulator, Shown, START, Watch } from "./react-harness.js";
import { CREATE, is, isClosed, methodsOf, Session } from "./session-component.js";

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

interface Loading {
  readonly promise: Promise<void>;
  isDone: boolean;
}

/** Suspends by throwing a promise, which also works in React 18. */
function Slow({ loading }: { loading: Loading }) {
  if (!loading.isDone) throw loading.promise;
  return null;
}

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

  test("useBacktestSession closes the session if the component unmounts while the session is being created", async () => {
    const { simulator, client, sockets, sent } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const { unmount } = mount(<Session client={client} watch={watch} />);
    await sent.until((text) => text.includes("createBacktestSession"));
    unmount();
    await sockets.until(isClosed);
    expect(watch.seen.map(({ state }) => state)).not.toContain("ready");
    // The `createBacktestSession` request was already sent, so the client must close the created session.
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

  test("when the create parameters change, useBacktestSession starts another session, and never renders the old session with the new parameters", async () => {
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

  test("useBacktestSession is idle without a client or parameters, and ends the session when its parameters are removed", async () => {
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

  test("restart() of useBacktestSession starts another session with the same parameters", async () => {
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

  test("useBacktestSession resumes a session from a checkpoint", async () => {
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

  test("useBacktestSession starts only one session, even if another component suspends", async () => {
    const { simulator, client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    let load = () => {};
    const promise = new Promise<void>((resolve) => {
      load = resolve;
    });
    const loading = { promise, isDone: false };
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
    loading.isDone = true;
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
  test("useBacktestSession reports a failed start, and restart() retries it", async () => {
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

  test("useBacktestSession reports invalid parameters with the name of the field", async () => {
    const { client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    mount(<Session client={client} create={{ startSlot: START, endSlot: START - 1n }} watch={watch} />);
    expect(await watch.until(is("failed"))).toMatchObject({ error: { code: "invalidParams", field: "endSlot" } });
  });

  test("useBacktestSession reports a failure of an open session, and still returns the session", async () => {
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

  test("useBacktestSession reports an error of the setup function, and closes the session on the server", async () => {
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

  test("useBacktestSession reports an unreachable server with the number of attempts", async () => {
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

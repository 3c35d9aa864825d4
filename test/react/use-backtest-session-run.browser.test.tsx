import { describe, expect, test, vi } from "vitest";
import type { BacktestClient } from "../../src/client/backtest-client.js";
import {
  type BacktestSessionState,
  type UseBacktestSessionOptions,
  useBacktestSession,
  useEventHandler,
  useEvents,
} from "../../src/react/index.js";
import { expectNoConsoleErrors, frames, mount, openSimulator, Shown, START, Watch } from "./react-harness.js";
import { CREATE, is, methodsOf, Session } from "./session-component.js";

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
  // The run starts in a microtask after all effects of this component, so this listener receives all events.
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

expectNoConsoleErrors();

describe("the run option", () => {
  test("the option `run` is off by default, so no continue request is sent", async () => {
    const { simulator, client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    mount(<Session client={client} watch={watch} />);
    const { session } = await watch.until(is("ready"));
    // Nothing has consumed an event yet, so `nextEvent()` returns the first event of the session.
    const [first] = simulator.record.sessions[0]?.control.filter(({ response }) => response.method !== "sessionCreated") ?? [];
    expect((await session?.nextEvent())?.type).toBe(first?.response.method);
    expect(methodsOf(simulator.record.sessions[0])).toEqual(["createBacktestSession"]);
  });

  test("the option `run` starts the run only after all hooks of the page have added their listeners", async () => {
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

  test("setting the option `run` to false pauses the session at the next stop, and setting it to true continues the session", async () => {
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

  test("if `run` is turned off and then on, the events that arrived in between are delivered before the session closes", async () => {
    const { simulator, client } = openSimulator({ slotDelayMs: 5 });
    const watch = new Watch<BacktestSessionState>();
    const slots = new Watch<bigint>();
    const page = (isRunning: boolean) => (
      <Stepping client={client} isRunning={isRunning} step={1_000} slots={slots} watch={watch} />
    );
    const { show } = mount(page(true));
    await slots.until(() => true);
    // While `run` is off, the server continues to the end, and the client buffers the events.
    show(page(false));
    const isCompleted = () => simulator.record.sessions[0]?.control.some(({ response }) => response.method === "completed");
    await vi.waitFor(() => expect(isCompleted()).toBe(true), { timeout: 60_000 });
    await frames(3);
    expect(watch.last?.state).toBe("ready");
    show(page(true));
    await slots.until((slot) => slot === START + 20n);
    await watch.until(is("closed"));
    expect(slots.seen).toHaveLength(21);
  });

  test("useBacktestSession with `run` reports consumerBusy while another loop reads the session", async () => {
    const { simulator, client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const loops: AsyncIterator<unknown>[] = [];
    const setup: UseBacktestSessionOptions["setup"] = (session) => {
      loops.push(session[Symbol.asyncIterator]());
      return loops[0]?.next();
    };
    const page = (run: boolean) => <Session client={client} watch={watch} setup={setup} run={run} />;
    const { show } = mount(page(true));
    const failed = await watch.until(is("failed"));
    expect(failed).toMatchObject({ error: { code: "consumerBusy" }, session: { connection: { state: "up" } } });
    show(page(false));
    await watch.until(is("ready"));
    await loops[0]?.return?.();
    show(page(true));
    expect(await watch.until(is("closed"))).toMatchObject({ reason: "completed" });
    expect(simulator.record.sessions).toHaveLength(1);
  });

  test("useBacktestSession with `run` fails if the step is invalid, and runs the session when the step becomes valid", async () => {
    const { client } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const page = (step: number) => <Session client={client} watch={watch} run={{ step }} />;
    const { show } = mount(page(-1));
    expect(await watch.until(is("failed"))).toMatchObject({ error: { code: "invalidParams" }, session: expect.anything() });
    show(page(5));
    expect(await watch.until(is("closed"))).toMatchObject({ reason: "completed" });
  });

  test("useBacktestSession delivers each slot once, even if the number of blocks per continue request changes during the run", async () => {
    const { client } = openSimulator({ slotDelayMs: 2 });
    const watch = new Watch<BacktestSessionState>();
    const slots = new Watch<bigint>();
    const page = (step: number) => <Stepping client={client} isRunning step={step} slots={slots} watch={watch} />;
    const { show } = mount(page(2));
    for (let step = 3; step < 8; step++) {
      await slots.until((slot) => slot >= START + BigInt(step));
      show(page(step));
    }
    await watch.until(is("closed"));
    expect(slots.seen).toEqual(Array.from({ length: 21 }, (_, index) => START + BigInt(index)));
  });
});

import { describe, expect, onTestFinished, test } from "vitest";
import {
  accountDiffs,
  continueBy,
  createSession,
  drain,
  openSocket,
  results,
  type StartSimulator,
  subscribe,
  type TestSimulator,
  transactions,
} from "./wire-client.js";

/** Tests the faults that a simulator injects into its connections. */
export function faultsSuite(start: StartSimulator): void {
  const running = async (options: Parameters<StartSimulator>[0] = {}): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 1_000, ...options });
    onTestFinished(() => sim.close());
    return sim;
  };

  test("the fault `drop` cuts the targeted connections without a close frame", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 130n });
    const other = await createSession(sim, { startSlot: 100n, endSlot: 130n });
    const subscription = await subscribe(sim, session, transactions(sim.programs[0]));
    await subscription.answer(1);
    expect(sim.faults.drop({ channel: "subscription" })).toBe(1);
    expect(await subscription.closed).toMatchObject({ code: 1006, wasClean: false });
    expect(sim.faults.drop({ sessionId: other.sessionId })).toBe(1);
    expect(await other.control.closed).toMatchObject({ code: 1006 });
    continueBy(session, 1);
    await session.control.method("readyForContinue");
    expect(sim.faults.drop()).toBe(1);
    expect(sim.faults.drop()).toBe(0);
    expect(sim.faults.counts.drop).toBe(3);
  });

  test("the fault `close` sends the given code and reason, and sends the code 1012 by default", async () => {
    const sim = await running();
    const sockets = [await openSocket(sim), await openSocket(sim)];
    expect(sim.faults.close(4000, "on purpose")).toBe(2);
    for (const { closed } of sockets) expect(await closed).toMatchObject({ code: 4000, reason: "on purpose" });
    const another = await openSocket(sim);
    sim.faults.close();
    expect(await another.closed).toMatchObject({ code: 1012 });
    expect(sim.faults.counts.close).toBe(3);
  });

  test("after the fault `halfOpen`, the simulator sends and reads nothing, while execution continues", async () => {
    const sim = await running({ slotDelayMs: 100 });
    const session = await createSession(sim, { startSlot: 100n, endSlot: 110n });
    const subscription = await subscribe(sim, session, transactions(sim.programs[0]));
    await subscription.answer(1);
    continueBy(session, 5);
    await session.control.method("slotNotification");
    expect(sim.faults.halfOpen()).toBe(2);
    const seen = session.control.texts.length;
    // The half-open connection does not read this request, so the simulator must not execute it.
    session.control.send({ method: "closeBacktestSession" });
    const recorded = sim.record.session(session.sessionId);
    await expect.poll(() => recorded?.control.at(-1)?.response.method).toBe("readyForContinue");
    // Frames that were sent before the fault may still arrive. Later frames must not arrive.
    expect(session.control.texts.slice(seen).join()).not.toContain("readyForContinue");
    expect(recorded?.requests.map(({ method }) => method)).not.toContain("closeBacktestSession");
  });

  test("the fault `cutFrame` cuts the connection in the middle of the next frame", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 110n });
    expect(sim.faults.cutFrame({ channel: "control" })).toBe(1);
    expect(sim.faults.counts.cutFrame).toBe(0);
    const seen = session.control.texts.length;
    continueBy(session, 1);
    expect(await session.control.closed).toMatchObject({ code: 1006 });
    expect(session.control.texts).toHaveLength(seen);
    expect(sim.faults.counts.cutFrame).toBe(1);
  });

  test("the fault `cutFrame` cuts the connection in the middle of a large frame", async () => {
    const sim = await running({ transactionsPerSlot: 4 });
    const session = await createSession(sim, { startSlot: 100n, endSlot: 110n });
    const subscription = await subscribe(sim, session, transactions(sim.programs[0]));
    await subscription.answer(1);
    sim.faults.cutFrame({ channel: "subscription" });
    continueBy(session, 1);
    expect(await subscription.closed).toMatchObject({ code: 1006 });
    expect(subscription.texts).toHaveLength(1);
  });

  describe("corruptFrame", () => {
    test("the fault `corruptFrame` damages only the next text frame, and the connection continues", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 110n });
      const socket = sim.open(session.wsUrl, {});
      const texts: string[] = [];
      socket.addEventListener("message", ({ data }: { data: string }) => texts.push(data));
      await new Promise<void>((resolve) => socket.addEventListener("open", () => resolve()));
      const ask = (id: number): void => socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "getSlot" }));
      expect(sim.faults.corruptFrame({ channel: "subscription" })).toBe(1);
      expect(sim.faults.counts.corruptFrame).toBe(0);
      for (const id of [1, 2]) ask(id);
      await expect.poll(() => texts.length).toBe(2);
      expect(() => JSON.parse(texts[0] ?? "")).toThrow(SyntaxError);
      expect(JSON.parse(texts[1] ?? "")).toEqual({ jsonrpc: "2.0", id: 2, result: 100 });
      expect(sim.faults.counts.corruptFrame).toBe(1);
      socket.close();
    });

    test.for([1, 20])(
      "the fault `corruptFrame` damages compressed frame number %d so that the rest of the zstd stream cannot be decoded",
      async (frame) => {
        const sim = await running();
        const session = await createSession(sim, { startSlot: 100n, endSlot: 149n });
        const call = transactions(sim.programs[0], { compression: "zstd" });
        const socket = await subscribe(sim, session, call);
        await socket.answer(1);
        const target = { channel: "subscription" as const };
        if (frame === 1) sim.faults.corruptFrame(target);
        else sim.faults.schedule({ afterFrames: frame - 1, target }, { type: "corruptFrame" });
        continueBy(session, 100);
        await session.control.method("completed");
        await expect(drain(socket)).rejects.toMatchObject({ name: "ZstdError", code: "corrupt" });
        expect(socket.messages.filter(({ method }) => method === "transactionNotification")).toHaveLength(frame - 1);
        const again = await subscribe(sim, session, call);
        const { length } = sim.record.session(session.sessionId)?.notifications("transaction", sim.programs[0]) ?? [];
        expect(results(await drain(again))).toHaveLength(length);
      },
    );
  });

  describe("slow", () => {
    test("the fault `slow` limits the bytes per second of all connections until the limit is set to 0", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 149n });
      continueBy(session, 100);
      await session.control.method("completed");
      const expected = sim.record.session(session.sessionId)?.notifications("transaction", sim.programs[0]) ?? [];
      const rate = 20_000;
      const began = performance.now();
      sim.faults.slow(rate, { channel: "subscription" });
      const socket = await subscribe(sim, session, transactions(sim.programs[0]));
      await socket.answer(1);
      await socket.until(() => performance.now() - began > 250);
      const seconds = (performance.now() - began) / 1000;
      const taken = socket.texts.reduce((sum, text) => sum + text.length, 0);
      // A late timer can send several frames at once. So only the average rate since `began` is checked.
      expect(taken).toBeLessThan(rate * (seconds + 0.1));
      expect(taken).toBeGreaterThan(0);
      expect(socket.texts.length).toBeLessThan(expected.length);
      sim.faults.slow(0, { channel: "subscription" });
      await drain(socket);
      expect(results(socket.messages)).toEqual(expected.map((result) => result.json()));
      expect(sim.faults.counts.slow).toBe(1);
    });

    test("if the faults `slow` and `delay` are set together, both of them delay the frames", async () => {
      const sim = await running();
      sim.faults.slow(1_000_000);
      sim.faults.delay(50);
      const began = performance.now();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 110n });
      expect(performance.now() - began).toBeGreaterThan(45);
      sim.faults.delay(0);
      sim.faults.slow(1);
      continueBy(session, 1);
      await expect.poll(() => sim.record.session(session.sessionId)?.control.at(-1)?.response.method).toBe("readyForContinue");
      sim.faults.clear();
      await session.control.method("readyForContinue");
    });
  });

  test("the fault `delay` delays each frame without changing the order of the frames", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 150n });
    sim.faults.delay(60, { channel: "control" });
    const before = performance.now();
    continueBy(session, 20);
    await session.control.method("readyForContinue");
    expect(performance.now() - before).toBeGreaterThan(55);
    sim.faults.delay(60_000);
    const subscription = await subscribe(sim, session, transactions(sim.programs[0]));
    continueBy(session, 20);
    await expect.poll(() => sim.record.session(session.sessionId)?.control.at(-1)?.response.method).toBe("readyForContinue");
    sim.faults.delay(0);
    await session.control.method("readyForContinue");
    await subscription.answer(1);
    const sequences = session.control.messages.map(({ seqId }) => seqId);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  });

  test("the faults `refuseAuth` and `refuseUpgrade` refuse exactly the given number of upgrades", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 110n });
    sim.faults.refuseAuth(2);
    await openSocket(sim, session.wsUrl);
    await expect(openSocket(sim)).rejects.toThrow();
    await expect(openSocket(sim)).rejects.toThrow();
    await openSocket(sim);
    sim.faults.refuseUpgrade(503, 1, { channel: "subscription" });
    await openSocket(sim);
    await expect(openSocket(sim, session.wsUrl)).rejects.toThrow();
    await openSocket(sim, session.wsUrl);
    expect(sim.faults.counts).toMatchObject({ refuseAuth: 2, refuseUpgrade: 1 });
  });

  describe("schedule", () => {
    test("faults.schedule() injects a fault once, after the given number of frames on the target connections", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 110n });
      const subscription = await subscribe(sim, session, transactions(sim.programs[0]), accountDiffs(sim.programs[0]));
      await subscription.answer(2);
      const { sessionId } = session;
      sim.faults.schedule({ afterFrames: 5, target: { channel: "subscription", sessionId } }, { type: "close", code: 4001 });
      continueBy(session, 100);
      expect(await subscription.closed).toMatchObject({ code: 4001 });
      expect(subscription.texts).toHaveLength(7);
      await session.control.method("completed");
      const again = await subscribe(sim, session, transactions(sim.programs[0]));
      expect(results(await drain(again)).length).toBeGreaterThan(5);
    });

    test("faults.schedule() injects a fault when the given slot has been executed", async () => {
      const sim = await running({ slotDelayMs: 1 });
      const session = await createSession(sim, { startSlot: 100n, endSlot: 110n });
      sim.faults.schedule({ atSlot: 104 }, { type: "close", code: 1012, target: { channel: "control" } });
      continueBy(session, 100);
      await session.control.closed;
      expect(session.control.messages.at(-1)).toMatchObject({ method: "slotNotification", params: 104 });
    });

    test("faults.clear() removes all pending faults", async () => {
      const sim = await running();
      sim.faults.schedule({ afterFrames: 1 }, { type: "drop" });
      sim.faults.refuseAuth(5);
      sim.faults.refuseUpgrade(503, 5);
      sim.faults.busyOwner(5);
      sim.faults.delay(60_000);
      sim.faults.slow(1);
      sim.faults.clear();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 110n });
      continueBy(session, 1);
      await session.control.method("readyForContinue");
    });
  });

  test("closing the simulator cuts all its connections and refuses new ones", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 110n });
    const subscription = await openSocket(sim, session.wsUrl);
    sim.faults.halfOpen({ channel: "subscription" });
    await sim.close();
    expect(await session.control.closed).toMatchObject({ code: 1006 });
    expect(await subscription.closed).toMatchObject({ code: 1006 });
    await expect(openSocket(sim)).rejects.toThrow();
  });
}

import { describe, expect, onTestFinished, test } from "vitest";
import {
  continueBy,
  createSession,
  openSocket,
  refusedCreate,
  type StartSimulator,
  slotsOf,
  type TestSimulator,
} from "./wire-client.js";

const TOKEN = "0123456789abcdef0123456789abcdef";

/** Tests how sessions are created, stepped and closed. */
export function lifecycleSuite(start: StartSimulator): void {
  const running = async (options: Parameters<StartSimulator>[0] = {}): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 1_000, ...options });
    onTestFinished(() => sim.close());
    return sim;
  };

  test("the seqId of a session's responses starts at 1 and increases by 1", async () => {
    const sim = await running();
    const control = await openSocket(sim);
    control.send({
      method: "createBacktestSession",
      params: { startSlot: 100, endSlot: 104, sendSummary: true, disconnectTimeoutSecs: 360, name: "My-Run" },
    });
    const created = (await control.until(({ method }) => method === "readyForContinue")).map(({ method }) => method);
    expect(created).toEqual(["status", "sessionCreated", "status", "readyForContinue"]);
    const { session_id, rpc_endpoint, task_id, session_name } = control.messages[1]!.params as Record<string, string>;
    expect(session_id).toMatch(/^backtest_[0-9a-f]{32}$/);
    expect(rpc_endpoint).toBe(`/backtest/${session_id}`);
    expect(task_id).toEqual(expect.any(String));
    expect(session_name).toBe("my-run");

    control.send({ method: "continue", params: { advanceCount: 2 } });
    const first = await control.until(({ method }) => method === "readyForContinue");
    expect(slotsOf(first)).toEqual([100, 101]);
    expect(first.filter(({ method }) => method === "status").map(({ params }) => (params as { status: string }).status)).toEqual([
      "decodedTransactions",
      "appliedAccountModifications",
      "readyToExecuteUserTransactions",
      "executedUserTransactions",
      "executingBlockTransactions",
      "executedBlockTransactions",
    ]);

    control.send({ method: "continue", params: { advanceCount: 3 } });
    const last = await control.until(({ method }) => method === "completed" || method === "readyForContinue");
    expect(slotsOf(last)).toEqual([102, 103, 104]);
    expect(last.at(-1)).toMatchObject({
      method: "completed",
      params: { summary: { correctSimulation: 20, incorrectSimulation: 0 } },
    });

    control.send({ method: "closeBacktestSession" });
    await control.method("success");
    expect(control.messages.map(({ seqId }) => seqId)).toEqual(control.messages.map((_, index) => index + 1));

    const recorded = sim.record.session(session_id ?? "");
    expect(recorded?.control.map(({ text }) => text)).toEqual(control.texts);
    expect(recorded?.requests.map(({ method }) => method)).toEqual([
      "createBacktestSession",
      "continue",
      "continue",
      "closeBacktestSession",
    ]);
    expect(recorded?.connections.control).toBe(1);
  });

  test("by default, the responses of a session contain no sequence id and no summary", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 101n, disconnectTimeoutSecs: undefined });
    continueBy(session, 9);
    await session.control.method("completed");
    expect(session.control.texts.at(-1)).toBe('{"method":"completed","params":{}}');
    expect(session.control.messages.every((message) => !("seqId" in message))).toBe(true);
  });

  test("advanceCount counts blocks and is 1 by default, and skipped slots are neither counted nor reported", async () => {
    const sim = await running({ skipRate: 0.5 });
    const session = await createSession(sim, { startSlot: 100n, endSlot: 200n });
    session.control.send({ method: "continue", params: {} });
    expect(slotsOf(await session.control.until(({ method }) => method === "readyForContinue"))).toHaveLength(1);
    continueBy(session, 10);
    const slots = slotsOf(await session.control.until(({ method }) => method === "readyForContinue")) as number[];
    expect(slots).toHaveLength(10);
    expect(slots.at(-1)! - slots[0]!).toBeGreaterThan(9);
    expect(slots).toEqual(slots.toSorted((a, b) => a - b));
  });

  test("a session reports slots up to 2^64 - 1 without rounding", async () => {
    const sim = await running({ startSlot: 2n ** 64n - 3n, slots: 3n });
    const session = await createSession(sim, { startSlot: 2n ** 64n - 3n, endSlot: 2n ** 64n - 1n });
    continueBy(session, 10);
    const slots = slotsOf(await session.control.until(({ method }) => method === "completed"));
    expect(slots).toEqual([2n ** 64n - 3n, 2n ** 64n - 2n, 2n ** 64n - 1n]);
  });

  describe("continueTo", () => {
    test("continueTo stops after a slot or before a batch, or at once if the session is already past that position", async () => {
      const sim = await running({ transactionsPerSlot: 12 });
      const { control } = await createSession(sim, { startSlot: 100n, endSlot: 120n });
      const go = async (params: Record<string, unknown>): Promise<{ slots: unknown[]; at: unknown }> => {
        control.send({ method: "continueTo", params });
        const messages = await control.until(({ method }) => method === "paused" || method === "completed");
        return { slots: slotsOf(messages), at: messages.at(-1)?.params };
      };
      expect(await go({ slot: 101 })).toEqual({ slots: [100, 101], at: { slot: 101 } });
      expect(await go({ slot: 103, batchIndex: 2 })).toEqual({ slots: [102], at: { slot: 103, batchIndex: 2 } });
      expect(await go({ slot: 103, batchIndex: 2 })).toEqual({ slots: [], at: { slot: 103, batchIndex: 2 } });
      expect(await go({ slot: 102 })).toEqual({ slots: [], at: { slot: 103, batchIndex: 2 } });
      expect(await go({ slot: 103, batchIndex: 4_294_967_295 })).toEqual({ slots: [103], at: { slot: 103 } });
      expect(await go({ slot: 100 })).toEqual({ slots: [], at: { slot: 103 } });
      expect(await go({ slot: 104, batchIndex: 0 })).toEqual({ slots: [], at: { slot: 104, batchIndex: 0 } });
      control.send({ method: "continue", params: { advanceCount: 1 } });
      expect(slotsOf(await control.until(({ method }) => method === "readyForContinue"))).toEqual([104]);
      expect((await go({ slot: 5_000 })).slots).toHaveLength(16);
      expect(control.messages.at(-1)).toMatchObject({ method: "completed" });
    });

    test("continueTo also pauses at a slot without a block", async () => {
      const sim = await running({ skipRate: 0.9, seed: 4 });
      const { control } = await createSession(sim, { startSlot: 100n, endSlot: 400n });
      control.send({ method: "continueTo", params: { slot: 150 } });
      const messages = await control.until(({ method }) => method === "paused");
      expect(slotsOf(messages)).not.toContain(150);
      expect(messages.at(-1)?.params).toEqual({ slot: 150 });
    });

    test("continueTo stops a running session after the given slot", async () => {
      const sim = await running({ slotDelayMs: 5 });
      const { control } = await createSession(sim, { startSlot: 100n, endSlot: 1_000n });
      control.send({ method: "continue", params: { advanceCount: 900 } });
      await control.method("slotNotification");
      control.send({ method: "continueTo", params: { slot: 110 } });
      const messages = await control.until(({ method }) => method === "paused" || method === "readyForContinue");
      expect(slotsOf(messages)).toEqual([101, 102, 103, 104, 105, 106, 107, 108, 109, 110]);
      expect(messages.at(-1)?.params).toEqual({ slot: 110 });
    });
  });

  describe("a create request that is refused", () => {
    test("a create request is refused for a range outside the ledger, and for a range without blocks", async () => {
      const sim = await running();
      expect(await refusedCreate(sim, { startSlot: 99, endSlot: 110 })).toEqual({
        bundleNotFound: { start_slot: 99, end_slot: 110 },
      });
      expect(await refusedCreate(sim, { startSlot: 1_000, endSlot: 1_101 })).toEqual({
        bundleNotFound: { start_slot: 1_000, end_slot: 1_101 },
      });
      const empty = await running({ skipRate: 1 });
      expect(await refusedCreate(empty, { startSlot: 100, endSlot: 110 })).toEqual({
        noProducedBlocksInRange: { start_slot: 100, end_slot: 110 },
      });
    });

    test("a create request is refused for invalid parameters", async () => {
      const sim = await running();
      const range = { startSlot: 100, endSlot: 110 };
      const reason = async (params: Record<string, unknown>): Promise<unknown> =>
        ((await refusedCreate(sim, params)) as { invalidRequest?: { error: string } }).invalidRequest?.error;
      expect(await reason({ startSlot: 110, endSlot: 100 })).toContain("startSlot 110");
      expect(await reason({ startSlot: 100 })).toContain("endSlot");
      expect(await reason({ ...range, name: "-no-" })).toContain("-no-");
    });

    test("a create request is refused for a session name that was used before, unless the request is a retry with the same token", async () => {
      const sim = await running();
      const range = { startSlot: 100n, endSlot: 110n };
      const first = await createSession(sim, { ...range, name: "taken", createToken: TOKEN });
      expect(await refusedCreate(sim, { ...range, name: "TAKEN" })).toEqual({ sessionNameTaken: { session_name: "taken" } });
      const otherToken = "f".repeat(32);
      expect(await refusedCreate(sim, { ...range, name: "taken", createToken: otherToken })).toEqual({
        sessionNameTaken: { session_name: "taken" },
      });
      first.control.send({ method: "closeBacktestSession" });
      await first.control.method("success");
      expect(await refusedCreate(sim, { ...range, name: "taken", createToken: TOKEN })).toEqual({
        sessionNameTaken: { session_name: "taken" },
      });
    });
  });

  test("a second create request with the same `createToken` takes over the session of the first request", async () => {
    const sim = await running();
    const params = { startSlot: 100n, endSlot: 110n, name: "retried", createToken: TOKEN };
    const lost = await createSession(sim, params);
    const again = await createSession(sim, params);
    expect(again.sessionId).toBe(lost.sessionId);
    expect(again.control.texts).toEqual(lost.control.texts);
    expect(await lost.control.closed).toMatchObject({ code: 1006 });
    continueBy(again, 20);
    await again.control.method("completed");
    expect(sim.record.sessions).toHaveLength(1);
  });

  test("two simultaneous create requests with the same token create one session", async () => {
    const sim = await running();
    const params = { startSlot: 100n, endSlot: 110n, name: "at-once", createToken: TOKEN };
    const sockets = [await openSocket(sim), await openSocket(sim)];
    for (const socket of sockets)
      socket.send({ method: "createBacktestSession", params: { ...params, disconnectTimeoutSecs: 9 } });
    await sockets[1]?.method("readyForContinue");
    expect(sim.record.sessions).toHaveLength(1);
  });

  describe("requests that fail", () => {
    test("on a connection without a session, the simulator answers each failed request with an error", async () => {
      const sim = await running();
      const control = await openSocket(sim);
      const ask = async (message: unknown): Promise<unknown> => {
        control.send(message);
        return (await control.next()).params;
      };
      expect(await ask("{")).toEqual({ invalidRequest: { error: expect.stringContaining("JSON") } });
      expect(await ask({ method: "fly" })).toEqual({ invalidRequest: { error: expect.stringContaining("method") } });
      expect(await ask({ method: "continue", params: {} })).toEqual({
        invalidRequest: { error: expect.stringContaining("no session") },
      });
      expect(await ask({ method: "continue" })).toEqual({ invalidRequest: { error: expect.stringContaining("continue") } });
      expect(await ask({ method: "resumeAttachedSession" })).toEqual({ invalidRequest: { error: expect.any(String) } });
      const unknown = `backtest_${"0".repeat(32)}`;
      expect(await ask({ method: "attachBacktestSession", params: { session_id: unknown, last_sequence: null } })).toEqual({
        sessionNotFound: { session_id: unknown },
      });
      const parallel = { method: "closeSessionV1", params: { sessionId: unknown } };
      expect(await ask(parallel)).toEqual({ invalidRequest: { error: expect.stringContaining("no session") } });
    });

    test("the simulator answers a refused request with an error, and the session continues", async () => {
      const sim = await running({ slotDelayMs: 2 });
      const { control, sessionId } = await createSession(sim, { startSlot: 100n, endSlot: 105n });
      control.send({ method: "createBacktestSession", params: { startSlot: 100, endSlot: 105 } });
      expect((await control.method("error")).params).toEqual({ invalidRequest: { error: expect.stringContaining("already") } });
      control.send({ method: "continue", params: { advanceCount: 5 } });
      control.send({ method: "continue", params: { advanceCount: 5 } });
      expect((await control.method("error")).params).toEqual({ invalidRequest: { error: expect.stringContaining("running") } });
      await control.method("readyForContinue");
      control.send({ method: "continue", params: { advanceCount: 5 } });
      await control.method("completed");
      control.send({ method: "continue", params: {} });
      expect((await control.method("error")).params).toBe("noMoreBlocks");
      control.send({ method: "closeBacktestSession" });
      await control.method("success");
      control.send({ method: "continue", params: {} });
      expect((await control.method("error")).params).toEqual({ sessionNotFound: { session_id: sessionId } });
    });

    test("a continue request with unreadable transactions changes nothing, and the session stays ready", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 105n });
      const { control } = session;
      continueBy(session, 2, { transactions: ["AA==", "%%%"] });
      const messages = await control.until(({ method }) => method === "readyForContinue");
      expect(messages.map(({ method }) => method)).toEqual(["error", "readyForContinue"]);
      expect(messages[0]?.params).toEqual({ invalidTransactionFormat: { index: 0, error: expect.any(String) } });
      continueBy(session, 1, { transactions: ["%%%"] });
      expect((await control.method("error")).params).toEqual({
        invalidTransactionEncoding: { index: 0, error: expect.any(String) },
      });
      const owner = sim.programs[0];
      const account = { data: { data: "%%%", encoding: "base64" }, executable: false, lamports: 1, owner, space: 0 };
      continueBy(session, 1, { modifyAccountStates: { [owner as string]: account } });
      expect((await control.method("error")).params).toEqual({
        invalidAccountEncoding: { address: owner, encoding: "base64", error: expect.any(String) },
      });
      await control.method("readyForContinue");
      continueBy(session, 1);
      expect(slotsOf(await control.until(({ method }) => method === "readyForContinue"))).toEqual([100]);
    });
  });

  test("closing a running session stops it at once", async () => {
    const sim = await running({ slotDelayMs: 60_000 });
    const session = await createSession(sim, { startSlot: 100n, endSlot: 105n });
    continueBy(session, 5);
    await session.control.method("slotNotification");
    session.control.send({ method: "closeBacktestSession" });
    await session.control.method("success");
    expect(slotsOf(session.control.messages)).toEqual([100]);
  });
}

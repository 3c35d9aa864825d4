import { describe, expect, onTestFinished, test } from "vitest";
import {
  accountDiffs,
  continueBy,
  createSession,
  drain,
  type Message,
  openSocket,
  results,
  rpc,
  type StartSimulator,
  subscribe,
  type TestSession,
  type TestSimulator,
  transactions,
} from "./wire-client.js";

/** Tests the notifications that the subscriptions of a session receive. */
export function subscriptionsSuite(start: StartSimulator): void {
  const running = async (options: Parameters<StartSimulator>[0] = {}): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 1_000, ...options });
    onTestFinished(() => sim.close());
    return sim;
  };

  const recorded = (
    sim: TestSimulator,
    { sessionId }: TestSession,
    kind: "transaction" | "accountDiff",
    program?: string,
  ): string[] => (sim.record.session(sessionId)?.notifications(kind, program ?? "") ?? []).map((result) => result.json());

  const complete = async (session: TestSession): Promise<void> => {
    continueBy(session, 100_000);
    await session.control.method("completed");
  };

  test("each subscription on a socket is acknowledged, receives all its notifications in order, and ends with a completion", async () => {
    const sim = await running();
    const [token, vault] = sim.programs;
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    const socket = await subscribe(
      sim,
      session,
      transactions(token),
      transactions(vault),
      accountDiffs(token),
      accountDiffs(vault),
    );
    await complete(session);
    const messages = await drain(socket, 4);
    const acknowledged = messages.filter(({ id }) => id !== undefined);
    expect(acknowledged.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    const ids = acknowledged.map(({ result }) => result);
    expect(new Set(ids).size).toBe(4);
    expect(results(messages, ids[0])).toEqual(recorded(sim, session, "transaction", token));
    expect(results(messages, ids[1])).toEqual(recorded(sim, session, "transaction", vault));
    expect(results(messages, ids[2])).toEqual(recorded(sim, session, "accountDiff", token));
    expect(results(messages, ids[3])).toEqual(recorded(sim, session, "accountDiff", vault));
    for (const id of ids) {
      const own = messages.filter(
        ({ params, result }) => result === id || (params as { subscription?: unknown })?.subscription === id,
      );
      expect(own[0]?.result).toBe(id);
      expect(own.length).toBeGreaterThan(10);
      expect(own.at(-1)?.method).toBe("subscriptionComplete");
    }
    expect(sim.record.session(session.sessionId)?.notificationsSent).toBe(messages.length - 8);
  });

  test("the simulator's first program has a transaction and an account diff in every block", async () => {
    const sim = await running({ transactionsPerSlot: 1 });
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    const socket = await subscribe(sim, session, transactions(sim.programs[0]), accountDiffs(sim.programs[0]));
    await complete(session);
    const messages = await drain(socket, 2);
    const slots = (method: string, slotOf: (result: never) => unknown): Set<unknown> =>
      new Set(
        messages.filter((message) => message.method === method).map(({ params }) => slotOf((params as { result: never }).result)),
      );
    expect(slots("transactionNotification", ({ slot }: { slot: unknown }) => slot).size).toBe(20);
    expect(slots("accountDiffNotification", ({ context }: { context: { slot: unknown } }) => context.slot).size).toBe(20);
  });

  test("accountDiffSubscribe sends the diffs of a single account, whatever program owns it", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    await complete(session);
    const [first] = recorded(sim, session, "accountDiff", sim.programs[0]);
    const { account } = JSON.parse(first ?? "{}") as { account: string };
    const socket = await subscribe(sim, session, { method: "accountDiffSubscribe", params: [account] });
    const diffs = results(await drain(socket));
    expect(diffs.length).toBeGreaterThan(0);
    expect(diffs.every((text) => (JSON.parse(text) as { account: string }).account === account)).toBe(true);
    expect(diffs).toEqual(
      sim.record
        .session(session.sessionId)
        ?.notifications("accountDiffOf", account)
        .map((diff) => diff.json()),
    );
  });

  describe("history", () => {
    test("a subscription receives all notifications from replayFromSlot on, and from the start if replayFromSlot is invalid", async () => {
      const sim = await running({ transactionsPerSlot: 3 });
      const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      await complete(session);
      const all = recorded(sim, session, "transaction", sim.programs[0]);
      const slotOf = (text: string): number => (JSON.parse(text) as { slot: number }).slot;
      const from = async (replayFromSlot: unknown): Promise<string[]> =>
        results(await drain(await subscribe(sim, session, transactions(sim.programs[0], { replayFromSlot }))));
      expect(await from(undefined)).toEqual(all);
      expect(await from(110)).toEqual(all.filter((text) => slotOf(text) >= 110));
      expect(await from(-1)).toEqual(all);
      expect(await from(119)).toEqual(all.filter((text) => slotOf(text) === 119));
      expect(await from(2n ** 63n - 1n)).toEqual([]);
      expect(await from("110")).toEqual(all);
    });

    test("replayFromSlot is allowed to be a future slot, and notifications before that slot are not sent", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      const socket = await subscribe(sim, session, transactions(sim.programs[0], { replayFromSlot: 115 }));
      await socket.answer(1);
      await complete(session);
      const late = await subscribe(sim, session, transactions(sim.programs[0], { replayFromSlot: 115 }));
      const received = results(await drain(socket));
      expect((JSON.parse(received[0] ?? "{}") as { slot: number }).slot).toBe(115);
      expect(results(await drain(late))).toEqual(received);
    });

    test("a subscription receives the history of a closed session", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      await complete(session);
      session.control.send({ method: "closeBacktestSession" });
      await session.control.method("success");
      session.control.close();
      const socket = await subscribe(sim, session, transactions(sim.programs[0]));
      expect(results(await drain(socket))).toEqual(recorded(sim, session, "transaction", sim.programs[0]));
    });

    test("a subscription ends after the last executed slot when an unfinished session is closed", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      const socket = await subscribe(sim, session, transactions(sim.programs[0]));
      continueBy(session, 3);
      await session.control.method("readyForContinue");
      session.control.send({ method: "closeBacktestSession" });
      const received = results(await drain(socket));
      expect(received).toEqual(recorded(sim, session, "transaction", sim.programs[0]));
      expect((JSON.parse(received.at(-1) ?? "{}") as { slot: number }).slot).toBe(102);
    });

    test("a second subscription on a socket receives its history without waiting for the history of the first", async () => {
      const sim = await running({ transactionsPerSlot: 8 });
      const session = await createSession(sim, { startSlot: 100n, endSlot: 399n });
      await complete(session);
      // Delays all frames, so that the history of the first subscription fills the send buffer of the socket.
      sim.faults.delay(60_000, { channel: "subscription" });
      const socket = await subscribe(sim, session, transactions(sim.programs[0]), accountDiffs(sim.programs[0]));
      const { sessionId } = session;
      await expect.poll(() => sim.record.session(sessionId)?.notificationsSent).toBeGreaterThan(100);
      await rpc(sim, session, "getHealth");
      sim.faults.delay(0);
      const methods = (await drain(socket, 2)).map(({ method }) => method);
      expect(methods.indexOf("accountDiffNotification")).toBeLessThan(methods.lastIndexOf("transactionNotification"));
      expect(results(socket.messages)).toHaveLength(
        recorded(sim, session, "transaction", sim.programs[0]).length +
          recorded(sim, session, "accountDiff", sim.programs[0]).length,
      );
    });

    test("a subscription that starts during a session receives the history first, and then new notifications", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
      continueBy(session, 10);
      await session.control.method("readyForContinue");
      const socket = await subscribe(sim, session, transactions(sim.programs[0]));
      await socket.method("transactionNotification");
      await complete(session);
      await drain(socket);
      expect(results(socket.messages)).toEqual(recorded(sim, session, "transaction", sim.programs[0]));
    });
  });

  test("a subscription receives no further messages after an unsubscribe request", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    const socket = await subscribe(sim, session, transactions(sim.programs[0]), accountDiffs(sim.programs[0]));
    const gone = (await socket.answer(1)).result;
    const kept = (await socket.answer(2)).result;
    socket.send({ jsonrpc: "2.0", id: 3, method: "transactionUnsubscribe", params: [gone] });
    expect((await socket.answer(3)).result).toBe(true);
    socket.send({ jsonrpc: "2.0", id: 4, method: "transactionUnsubscribe", params: [gone] });
    expect((await socket.answer(4)).error?.code).toBe(-32602);
    await complete(session);
    const messages = await drain(socket);
    expect(results(messages, gone)).toEqual([]);
    expect(results(messages, kept)).toEqual(recorded(sim, session, "accountDiff", sim.programs[0]));
  });

  test("an invalid subscribe request is answered with an error, and the socket stays open", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    const socket = await openSocket(sim, session.wsUrl);
    const refusal = async (call: unknown): Promise<Message["error"]> => {
      socket.send(call);
      return (await socket.next()).error;
    };
    expect(await refusal("{")).toMatchObject({ code: -32700 });
    expect(await refusal({ id: 1 })).toMatchObject({ code: -32600 });
    expect(await refusal([])).toMatchObject({ code: -32600 });
    expect(await refusal({ id: 1, method: "weatherSubscribe", params: [] })).toMatchObject({ code: -32601 });
    expect(await refusal({ id: 1, method: "transactionSubscribe", params: {} })).toMatchObject({ code: -32602 });
    expect(await refusal({ id: 1, method: "transactionSubscribe", params: [] })).toMatchObject({ code: -32602 });
    expect(await refusal({ id: 1, method: "transactionSubscribe", params: [{ mentions: [] }] })).toMatchObject({ code: -32602 });
    expect(await refusal({ id: 1, ...transactions("not an address") })).toMatchObject({ code: -32602 });
    expect(await refusal({ id: 1, ...accountDiffs("not an address") })).toMatchObject({ code: -32602 });
    expect(await refusal({ id: 1, ...accountDiffs(sim.programs[0], { address_type: "mint" }) })).toMatchObject({ code: -32602 });
    socket.send({ jsonrpc: "2.0", id: "a", ...transactions(sim.programs[0]) });
    expect(await socket.next()).toMatchObject({ id: "a", result: expect.any(Number) });
  });

  test("a JSON-RPC notification that a client sends on a subscription socket is not answered and has no effect", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    const socket = await openSocket(sim, session.wsUrl);
    socket.send({ jsonrpc: "2.0", method: "getSlot" });
    socket.send({ jsonrpc: "2.0", method: "no-such-method" });
    socket.send({ jsonrpc: "2.0", ...transactions(sim.programs[0]) });
    socket.send({ jsonrpc: "2.0", ...transactions("not an address") });
    await complete(session);
    socket.send({ jsonrpc: "2.0", id: null, method: "getHealth" });
    await socket.answer(null);
    expect(socket.messages).toEqual([{ jsonrpc: "2.0", id: null, result: "ok" }]);
  });

  test("a JSON-RPC call on a subscription socket is answered", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    const socket = await openSocket(sim, session.wsUrl);
    socket.send({ jsonrpc: "2.0", id: 7, method: "getSlot" });
    expect(await socket.next()).toEqual({ jsonrpc: "2.0", id: 7, result: 100 });
    socket.send({ jsonrpc: "2.0", id: 8, method: "getHealth", params: [] });
    expect(await socket.next()).toEqual({ jsonrpc: "2.0", id: 8, result: "ok" });
    socket.send({ jsonrpc: "2.0", id: 9, method: "no-such-method", params: [] });
    expect((await socket.next()).error?.code).toBe(-32601);
  });

  test("the subscription URL accepts a session id with or without the prefix `backtest_`", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 119n });
    const hex = session.sessionId.slice("backtest_".length);
    await openSocket(sim, session.wsUrl.replace(session.sessionId, hex));
    const unknown = session.wsUrl.replace(session.sessionId, `backtest_${"0".repeat(32)}`);
    await expect(openSocket(sim, unknown)).rejects.toThrow();
    await expect(openSocket(sim, `${sim.url}/elsewhere/again`)).rejects.toThrow();
  });
}

import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  continueBy,
  continuePart,
  createParallel,
  createSession,
  drain,
  eventsOf,
  isEvent,
  type Message,
  openSocket,
  refusedCreate,
  results,
  rpc,
  type StartSimulator,
  slotsOf,
  subscribe,
  type TestRun,
  type TestSimulator,
  transactions,
  type WireSocket,
} from "./wire-client.js";

const TOKEN = "0123456789abcdef0123456789abcdef";

/** Returns the slots that a session of a parallel run has reported. */
function slotsOfPart(messages: readonly Message[], sessionId: string): unknown[] {
  return slotsOf(eventsOf(messages, sessionId).map(({ event }) => event));
}

/** Returns the sequence ids of a session's events, in the order of their arrival. */
function sequencesOf(messages: readonly Message[], sessionId: string): number[] {
  return eventsOf(messages, sessionId).map(({ seq_id }) => seq_id);
}

/** Returns the numbers from 1 to `last`. */
function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

async function untilAllCompleted({ control, parts }: TestRun): Promise<void> {
  const left = new Set(parts.map(({ sessionId }) => sessionId));
  await control.until((message) => {
    for (const { session_id, event } of eventsOf([message])) if (event.method === "completed") left.delete(session_id);
    return left.size === 0;
  });
}

/** Returns the control messages of a session from the record of the simulator. */
function recorded(sim: TestSimulator, sessionId: string): string[] {
  return (sim.record.session(sessionId)?.control ?? []).map(({ text }) => text);
}

/** Tests parallel runs: several sessions on one control connection. */
export function parallelSuite(start: StartSimulator): void {
  const running = async (options: Parameters<StartSimulator>[0] = {}): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 1_000, ...options });
    onTestFinished(() => sim.close());
    return sim;
  };

  const attach = async (
    sim: TestSimulator,
    { controlSessionId }: Pick<TestRun, "controlSessionId">,
    lastSequences: Record<string, number>,
  ): Promise<WireSocket> => {
    const socket = await openSocket(sim);
    socket.send({
      method: "attachParallelControlSessionV2",
      params: { control_session_id: controlSessionId, last_sequences: lastSequences },
    });
    return socket;
  };

  afterEach(() => {
    vi.useRealTimers();
  });

  test("a parallel run reports its sessions and their ranges, interleaves their events, and numbers the events of each session separately", async () => {
    const sim = await running();
    const run = await createParallel(sim, { startSlot: 100, endSlot: 199, name: "My-Run", sendSummary: true });
    const { control, parts, controlSessionId } = run;
    expect(controlSessionId).toMatch(/^parallel_[0-9a-f]{32}$/);
    const answer = control.messages.filter(({ method }) => method !== "sessionEventV2");
    expect(answer.map(({ method }) => method)).toEqual(["status", ...parts.map(() => "sessionCreated"), "sessionsCreatedV2"]);
    expect(answer.slice(1, -1).map(({ params }) => params)).toEqual(
      parts.map(({ sessionId }) => ({
        session_id: sessionId,
        rpc_endpoint: `/backtest/${sessionId}`,
        task_id: expect.any(String),
        session_name: "my-run",
      })),
    );
    expect(answer.at(-1)?.params).toMatchObject({
      control_session_name: "my-run",
      task_ids: parts.map(() => expect.any(String)),
    });
    expect(parts.map(({ startSlot, endSlot }) => [startSlot, endSlot])).toEqual([
      [100, 124],
      [125, 149],
      [150, 174],
      [175, 199],
    ]);

    for (const part of parts) continuePart(part, 1_000);
    await untilAllCompleted(run);
    for (const { sessionId, startSlot, endSlot } of parts) {
      const slots = slotsOfPart(control.messages, sessionId) as number[];
      expect([slots.at(0), slots.at(-1), slots.length]).toEqual([startSlot, endSlot, 25]);
      const sequences = sequencesOf(control.messages, sessionId);
      expect(sequences).toEqual(upTo(sequences.length));
      const received = control.texts.filter((text) => text.includes(`"sessionEventV2","params":{"session_id":"${sessionId}"`));
      expect(received).toEqual(recorded(sim, sessionId));
      expect(eventsOf(control.messages, sessionId).at(-1)?.event).toMatchObject({
        method: "completed",
        params: { summary: { correctSimulation: 100 } },
      });
    }
    // The events of the sessions are interleaved.
    const order = eventsOf(control.messages).map(({ session_id }) => session_id);
    expect(order.lastIndexOf(parts[0]!.sessionId)).toBeGreaterThan(order.indexOf(parts[3]!.sessionId));

    control.send({ method: "closeBacktestSession" });
    expect(await control.method("success")).toEqual({ method: "success" });
    expect(sim.record.runs).toMatchObject([
      { controlSessionId, controlSessionName: "my-run", sessionIds: parts.map(({ sessionId }) => sessionId), connections: 1 },
    ]);
    expect(sim.record.runs[0]?.requests.map(({ method }) => method)).toEqual([
      "createBacktestSession",
      ...parts.map(() => "continueSessionV1"),
      "closeBacktestSession",
    ]);
    expect(sim.record.session(parts[1]!.sessionId)?.requests.map(({ method }) => method)).toEqual(["continueSessionV1"]);
  });

  test("each session of a parallel run can be stepped, stopped, read and subscribed to separately", async () => {
    const sim = await running({ parallelSessions: 2 });
    const { control, parts } = await createParallel(sim, { startSlot: 100, endSlot: 149 });
    const [first, second] = parts as [TestRun["parts"][number], TestRun["parts"][number]];
    const sockets = [
      await subscribe(sim, first, transactions(sim.programs[0])),
      await subscribe(sim, second, transactions(sim.programs[0])),
    ];
    control.send({ method: "continueToSessionV1", params: { sessionId: second.sessionId, request: { slot: 130 } } });
    const messages = await control.until(isEvent(second.sessionId, "paused"));
    expect(eventsOf(messages, second.sessionId).at(-1)?.event.params).toEqual({ slot: 130 });
    expect(slotsOfPart(control.messages, first.sessionId)).toEqual([]);
    expect((await rpc(sim, second, "getSlot")).result).toBe(130);
    expect((await rpc(sim, first, "getSlot")).result).toBe(100);

    continuePart(first, 1_000);
    continuePart(second, 1_000);
    const received = await Promise.all(sockets.map((socket) => drain(socket)));
    for (const [index, part] of parts.entries()) {
      const expected = sim.record.session(part.sessionId)?.notifications("transaction", sim.programs[0]) ?? [];
      expect(expected.length).toBeGreaterThan(25);
      expect(results(received[index]!)).toEqual(expected.map((result) => result.json()));
    }
  });

  describe("how a range is split", () => {
    const rangesOf = async (options: Parameters<StartSimulator>[0], startSlot: number, endSlot: number): Promise<unknown> => {
      const sim = await running(options);
      const { parts } = await createParallel(sim, { startSlot, endSlot });
      return parts.map((part) => [part.startSlot, part.endSlot]);
    };

    test("a parallel run over several bundles has one session per bundle, and starts at the start of the first bundle", async () => {
      const ranges = await rangesOf({ bundleSlots: 50 }, 120, 260);
      expect(ranges).toEqual([
        [100, 149],
        [150, 199],
        [200, 249],
        [250, 260],
      ]);
    });

    test("a parallel run of three slots has three sessions of one slot each", async () => {
      expect(await rangesOf({}, 105, 107)).toEqual([
        [105, 105],
        [106, 106],
        [107, 107],
      ]);
    });

    test("a parallel run has the configured number of sessions, even if bundles have to be joined or split", async () => {
      const bundleSlots = 50;
      expect(await rangesOf({ bundleSlots, parallelSessions: 2 }, 100, 349)).toEqual([
        [100, 199],
        [200, 349],
      ]);
      expect(await rangesOf({ bundleSlots, parallelSessions: 3 }, 100, 199)).toEqual([
        [100, 132],
        [133, 165],
        [166, 199],
      ]);
    });

    test("a parallel create request is refused for a range outside the bundles", async () => {
      const sim = await running();
      expect(await refusedCreate(sim, { startSlot: 99, endSlot: 200, parallel: true })).toEqual({
        bundleNotFound: { start_slot: 99, end_slot: 200 },
      });
      expect(await refusedCreate(sim, { startSlot: 1_000, endSlot: 5_000, parallel: true })).toEqual({
        bundleNotFound: { start_slot: 1_000, end_slot: 5_000 },
      });
    });

    test("if omitRanges is set, the response to a parallel create request contains no slot ranges", async () => {
      const sim = await running({ omitRanges: true });
      const { control } = await createParallel(sim, { startSlot: 100, endSlot: 199 }).catch(() => ({ control: undefined }));
      expect(control?.messages.find(({ method }) => method === "sessionsCreatedV2")?.params).toMatchObject({
        session_ids: [expect.any(String), expect.any(String), expect.any(String), expect.any(String)],
        start_slots: [],
        end_slots: [],
      });
    });
  });

  describe("a run and attach requests", () => {
    test("in a parallel run, the replay of each session starts `replayOverlap` events before the first missed event", async () => {
      const sim = await running({ parallelSessions: 3, replayOverlap: 2 });
      const run = await createParallel(sim, { startSlot: 100, endSlot: 219 });
      for (const part of run.parts) continuePart(part, 10);
      const [first, second, third] = run.parts.map(({ sessionId }) => sessionId) as [string, string, string];
      await run.control.until(isEvent(first, "slotNotification"));
      sim.faults.drop({ sessionId: run.controlSessionId });
      expect(await run.control.closed).toMatchObject({ code: 1006 });
      for (const id of [first, second, third]) await expect.poll(() => recorded(sim, id).at(-1)).toContain("readyForContinue");

      const seen = sequencesOf(run.control.messages, first).at(-1)!;
      // The request has no sequence id for the second session, and a sequence id beyond the end for the third session.
      const socket = await attach(sim, run, { [first]: seen, [third]: 1_000_000 });
      expect(await socket.next()).toEqual({
        method: "parallelSessionAttachedV2",
        params: {
          control_session_id: run.controlSessionId,
          session_ids: [first, second, third],
          task_ids: [expect.any(String), expect.any(String), expect.any(String)],
        },
      });
      continuePart({ control: socket, sessionId: second }, 1);
      await socket.until((message) => isEvent(second, "slotNotification")(message) && slotsOfPart([message], second)[0] === 150);
      const firstAll = recorded(sim, first).length;
      expect(sequencesOf(socket.messages, first)).toEqual(upTo(firstAll).slice(seen - 2));
      expect(sequencesOf(socket.messages, second)).toEqual(upTo(sequencesOf(socket.messages, second).length));
      expect(sequencesOf(socket.messages, third)).toEqual(upTo(recorded(sim, third).length).slice(-2));
      expect(sim.record.runs[0]?.connections).toBe(2);
    });

    test("with replayBeforeAttached, a parallel run sends events before the response to an attach request or a create request", async () => {
      const sim = await running({ replayBeforeAttached: true, replayOverlap: 0 });
      const run = await createParallel(sim, { startSlot: 100, endSlot: 199 });
      const methods = run.control.messages.map(({ method }) => method);
      expect(methods.indexOf("sessionEventV2")).toBeLessThan(methods.indexOf("sessionsCreatedV2"));
      sim.faults.drop();
      const socket = await attach(sim, run, {});
      const replayed = await socket.until(({ method }) => method === "parallelSessionAttachedV2");
      expect(eventsOf(replayed)).toHaveLength(2 * run.parts.length);
    });

    test("an attach request for a parallel run is refused while another connection owns the run, or if the run is unknown", async () => {
      const sim = await running();
      const run = await createParallel(sim, { startSlot: 100, endSlot: 199 });
      const held = await attach(sim, run, {});
      expect((await held.next()).params).toEqual({ sessionOwnershipBusy: { reason: expect.any(String) } });
      sim.faults.drop({ sessionId: run.controlSessionId });
      sim.faults.busyOwner(1, { sessionId: run.controlSessionId });
      const busy = await attach(sim, run, {});
      expect((await busy.next()).params).toEqual({ sessionOwnershipBusy: { reason: expect.any(String) } });
      const unknown = `parallel_${"0".repeat(32)}`;
      const gone = await attach(sim, { controlSessionId: unknown }, {});
      expect((await gone.next()).params).toEqual({ sessionNotFound: { session_id: unknown } });
    });

    test("a parallel run without a connection ends after its disconnect timeout, which is ten minutes by default", async () => {
      for (const [timeout, seconds, isThere] of [
        [60, 59, true],
        [60, 61, false],
        [undefined, 599, true],
        [undefined, 601, false],
      ] as const) {
        vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
        const sim = await running();
        const run = await createParallel(sim, { startSlot: 100, endSlot: 199, disconnectTimeoutSecs: timeout });
        sim.faults.drop();
        await run.control.closed;
        await vi.advanceTimersByTimeAsync(seconds * 1000);
        const socket = await attach(sim, run, {});
        const { method } = await socket.next();
        expect([timeout, seconds, method]).toEqual([timeout, seconds, isThere ? "parallelSessionAttachedV2" : "error"]);
        vi.useRealTimers();
      }
    });

    test("an attach request for a single session is refused if the session belongs to a parallel run", async () => {
      const sim = await running();
      const { parts } = await createParallel(sim, { startSlot: 100, endSlot: 199 });
      const socket = await openSocket(sim);
      socket.send({ method: "attachBacktestSession", params: { session_id: parts[0]!.sessionId, last_sequence: null } });
      expect((await socket.next()).params).toEqual({ invalidRequest: { error: expect.stringContaining("parallel run") } });
    });
  });

  test("a parallel create request that is retried with its token takes over the first run, and receives the run's responses from the start", async () => {
    const sim = await running();
    const params = { startSlot: 100, endSlot: 199, name: "retried", createToken: TOKEN };
    const lost = await createParallel(sim, params);
    const again = await createParallel(sim, params);
    expect(again.controlSessionId).toBe(lost.controlSessionId);
    expect(again.parts.map(({ sessionId }) => sessionId)).toEqual(lost.parts.map(({ sessionId }) => sessionId));
    expect(await lost.control.closed).toMatchObject({ code: 1006 });
    for (const part of again.parts) continuePart(part, 1_000);
    await untilAllCompleted(again);
    for (const { sessionId } of again.parts) {
      expect(sequencesOf(again.control.messages, sessionId)).toEqual(upTo(recorded(sim, sessionId).length));
    }
    expect(sim.record.runs).toHaveLength(1);
    const taken = { sessionNameTaken: { session_name: "retried" } };
    expect(await refusedCreate(sim, { ...params, parallel: true, createToken: "f".repeat(32) })).toEqual(taken);
    expect(await refusedCreate(sim, params)).toEqual(taken);
  });

  test("a request for a parallel run can be retried with its token if the connection is lost before all session ids arrive", async () => {
    const sim = await running();
    const params = { startSlot: 100, endSlot: 199, name: "cut", createToken: TOKEN };
    sim.faults.schedule({ afterFrames: 3, target: { channel: "control" } }, { type: "drop" });
    const lost = await openSocket(sim);
    lost.send({ method: "createBacktestSession", params: { ...params, parallel: true } });
    expect(await lost.closed).toMatchObject({ code: 1006 });
    expect(lost.messages.filter(({ method }) => method === "sessionCreated").length).toBeLessThan(4);
    const { parts } = await createParallel(sim, params);
    expect(parts).toHaveLength(4);
    expect(sim.record.runs).toHaveLength(1);
  });

  test("closing one session of a parallel run leaves the other sessions running, and closing the last session ends the run", async () => {
    const sim = await running({ parallelSessions: 2 });
    const run = await createParallel(sim, { startSlot: 100, endSlot: 149 });
    const { control } = run;
    const [first, second] = run.parts as [TestRun["parts"][number], TestRun["parts"][number]];
    const close = (sessionId: string): void => control.send({ method: "closeSessionV1", params: { sessionId } });
    close(first.sessionId);
    await control.until(isEvent(first.sessionId, "success"));
    continuePart(first, 1);
    expect((await control.method("error")).params).toEqual({ sessionNotFound: { session_id: first.sessionId } });
    continuePart(second, 1_000);
    await control.until(isEvent(second.sessionId, "completed"));
    close(second.sessionId);
    await control.until(isEvent(second.sessionId, "success"));
    control.close();
    await control.closed;
    const again = await attach(sim, run, {});
    expect((await again.next()).params).toEqual({ sessionNotFound: { session_id: run.controlSessionId } });
  });

  test("closing a parallel run ends all its sessions, and their subscriptions complete", async () => {
    const sim = await running({ slotDelayMs: 60_000, parallelSessions: 2 });
    const { control, parts } = await createParallel(sim, { startSlot: 100, endSlot: 149 });
    const sockets = await Promise.all(parts.map((part) => subscribe(sim, part, transactions(sim.programs[0]))));
    for (const part of parts) continuePart(part, 25);
    for (const { sessionId } of parts) {
      await expect.poll(() => slotsOfPart(control.messages, sessionId)).toHaveLength(1);
    }
    control.send({ method: "closeBacktestSession" });
    await control.method("success");
    for (const socket of sockets) expect(results(await drain(socket)).length).toBeGreaterThan(0);
  });

  test("a failed request in a parallel run is answered with an event if the request names a session of the run, otherwise with a response", async () => {
    const sim = await running({ parallelSessions: 2 });
    const { control, parts } = await createParallel(sim, { startSlot: 100, endSlot: 149 });
    const { sessionId } = parts[0]!;
    await control.until(isEvent(parts[1]!.sessionId, "readyForContinue"));
    const isRefusal = (message: Message): boolean =>
      message.method === "error" || eventsOf([message]).some(({ event }) => event.method === "error");
    const refusal = async (message: unknown): Promise<Message> => {
      control.send(message);
      return (await control.until(isRefusal)).at(-1)!;
    };
    expect(await refusal({ method: "continue", params: {} })).toMatchObject({
      method: "error",
      params: { invalidRequest: { error: expect.stringContaining("continueSessionV1") } },
    });
    expect(await refusal({ method: "resumeAttachedSession" })).toMatchObject({ method: "error" });
    expect(await refusal({ method: "createBacktestSession", params: { startSlot: 100, endSlot: 101 } })).toMatchObject({
      params: { invalidRequest: { error: expect.stringContaining("already") } },
    });
    expect(await refusal("{")).toMatchObject({ method: "error" });
    const unknown = `backtest_${"0".repeat(32)}`;
    expect(await refusal({ method: "closeSessionV1", params: { sessionId: unknown } })).toMatchObject({
      method: "error",
      params: { sessionNotFound: { session_id: unknown } },
    });
    continuePart({ control, sessionId }, 10);
    const refused = await refusal({ method: "continueSessionV1", params: { sessionId, request: {} } });
    expect(eventsOf([refused], sessionId)[0]?.event.params).toEqual({
      invalidRequest: { error: expect.stringContaining("running") },
    });

    const single = await createSession(sim, { startSlot: 100n, endSlot: 110n });
    single.control.send({ method: "continueSessionV1", params: { sessionId: single.sessionId, request: {} } });
    expect((await single.control.method("error")).params).toEqual({
      invalidRequest: { error: expect.stringContaining("one session") },
    });
    continueBy(single, 1);
    await single.control.method("readyForContinue");
  });

  test("in a parallel run, a fault on one session does not affect the control connection, but a fault on the whole run closes the connection", async () => {
    const sim = await running({ parallelSessions: 2 });
    const run = await createParallel(sim, { startSlot: 100, endSlot: 149 });
    const [first] = run.parts as [TestRun["parts"][number]];
    const subscription = await subscribe(sim, first, transactions(sim.programs[0]));
    await subscription.answer(1);
    expect(sim.faults.drop({ sessionId: first.sessionId })).toBe(1);
    await subscription.closed;
    sim.faults.schedule({ atSlot: 104, target: { sessionId: run.controlSessionId } }, { type: "close", code: 1012 });
    continuePart(first, 25);
    expect(await run.control.closed).toMatchObject({ code: 1012 });
    expect(slotsOfPart(run.control.messages, first.sessionId).at(-1)).toBe(104);
  });
}

import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  continueBy,
  createSession,
  type Message,
  openSocket,
  type StartSimulator,
  slotsOf,
  type TestSession,
  type TestSimulator,
  type WireSocket,
} from "./wire-client.js";

function attachRequest(sessionId: string, lastSequence: number | null): unknown {
  return { method: "attachBacktestSession", params: { session_id: sessionId, last_sequence: lastSequence } };
}

/** Attaches to a session over a new socket, and resumes it. Returns all messages up to the `success` of the resume request. */
async function reattach(
  sim: TestSimulator,
  { sessionId }: TestSession,
  lastSequence: number | null,
): Promise<{ socket: WireSocket; handshake: Message[] }> {
  const socket = await openSocket(sim);
  socket.send(attachRequest(sessionId, lastSequence));
  const attached = await socket.until(({ method }) => method === "sessionAttached" || method === "error");
  expect(attached.at(-1)).toMatchObject({ method: "sessionAttached", params: { session_id: sessionId } });
  expect(attached.at(-1)).not.toHaveProperty("seqId");
  socket.send({ method: "resumeAttachedSession" });
  const resumed = await socket.until(({ method }) => method === "success");
  expect(resumed.at(-1)).not.toHaveProperty("seqId");
  return { socket, handshake: [...attached, ...resumed] };
}

/** Returns the control messages of a session from the record of the simulator. */
function recorded(sim: TestSimulator, { sessionId }: TestSession): string[] {
  return (sim.record.session(sessionId)?.control ?? []).map(({ text }) => text);
}

/** Tests what happens to a session when its control socket is lost, and how a client attaches again. */
export function attachSuite(start: StartSimulator): void {
  const running = async (options: Parameters<StartSimulator>[0] = {}): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 1_000, ...options });
    onTestFinished(() => sim.close());
    return sim;
  };

  afterEach(() => {
    vi.useRealTimers();
  });

  test("a session continues while no client is attached, and replays the missed responses in order after the resume", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 130n });
    continueBy(session, 20);
    sim.faults.schedule({ atSlot: 105, target: { channel: "control" } }, { type: "drop" });
    expect(await session.control.closed).toMatchObject({ code: 1006 });
    const seen = session.control.messages.at(-1)?.seqId ?? 0;

    const { socket, handshake } = await reattach(sim, session, seen);
    expect(handshake.map(({ method }) => method)).toEqual(["sessionAttached", "success"]);
    await socket.method("readyForContinue");
    const texts = [...session.control.texts, ...socket.texts.filter((text) => text.startsWith('{"seqId"'))];
    expect(texts).toEqual(recorded(sim, session));

    socket.send({ method: "continue", params: { advanceCount: 50 } });
    expect(slotsOf(await socket.until(({ method }) => method === "completed"))).toHaveLength(11);
    expect(sim.record.session(session.sessionId)?.connections.control).toBe(2);
  });

  test("with replayBeforeAttached, the simulator replays the missed responses before it sends sessionAttached", async () => {
    const sim = await running({ replayBeforeAttached: true });
    const session = await createSession(sim, { startSlot: 100n, endSlot: 130n });
    continueBy(session, 2);
    await session.control.method("readyForContinue");
    sim.faults.drop();
    const { socket, handshake } = await reattach(sim, session, 4);
    expect(handshake.map(({ seqId }) => seqId)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, undefined, undefined]);
    socket.send({ method: "continue", params: { advanceCount: 1 } });
    await socket.method("readyForContinue");
    expect(socket.messages.at(-1)?.seqId).toBe(recorded(sim, session).length);
  });

  test("with replayBeforeAttached `alternately`, every second attach request gets its replay before `sessionAttached`", async () => {
    const sim = await running({ replayBeforeAttached: "alternately" });
    const session = await createSession(sim, { startSlot: 100n, endSlot: 130n });
    sim.faults.drop();
    const first = await reattach(sim, session, 3);
    expect(first.handshake.map(({ seqId }) => seqId)).toEqual([undefined, undefined]);
    sim.faults.drop();
    const second = await reattach(sim, session, 3);
    expect(second.handshake.map(({ seqId }) => seqId)).toEqual([4, undefined, undefined]);
  });

  test("the server replays all responses if the attach request's sequence id is null, and no responses if this id is too large", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 130n });
    sim.faults.drop();
    const all = await reattach(sim, session, null);
    await all.socket.method("readyForContinue");
    expect(all.socket.texts.slice(2)).toEqual(recorded(sim, session));
    sim.faults.drop();
    const none = await reattach(sim, session, 1_000_000);
    none.socket.send({ method: "continue", params: {} });
    const next = await none.socket.next();
    expect(next).toMatchObject({ seqId: 5, method: "status" });
  });

  test("a session sends nothing and refuses requests between the attach request and the resume request", async () => {
    const sim = await running({ slotDelayMs: 1 });
    const session = await createSession(sim, { startSlot: 100n, endSlot: 130n });
    continueBy(session, 3);
    sim.faults.drop();
    const socket = await openSocket(sim);
    socket.send(attachRequest(session.sessionId, 4));
    await socket.method("sessionAttached");
    socket.send({ method: "continue", params: {} });
    expect((await socket.next()).params).toEqual({ invalidRequest: { error: expect.stringContaining("resumed") } });
    socket.send({ method: "closeBacktestSession" });
    expect(await socket.next()).toEqual({ method: "success" });
  });

  test("a client can attach to a session after a clean close of its control socket", async () => {
    const sim = await running();
    const session = await createSession(sim, { startSlot: 100n, endSlot: 130n });
    session.control.close(1000);
    expect(await session.control.closed).toMatchObject({ code: 1000, wasClean: true });
    await reattach(sim, session, 4);
  });

  describe("a session with an owner", () => {
    test("a session refuses attach requests while its connected client answers pings", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 130n });
      const other = await openSocket(sim);
      for (let attempt = 0; attempt < 3; attempt++) {
        other.send(attachRequest(session.sessionId, 4));
        expect((await other.next()).params).toEqual({ sessionOwnershipBusy: { reason: expect.any(String) } });
      }
      continueBy(session, 1);
      await session.control.method("readyForContinue");
    });

    test("if the connected client of a session does not answer a ping, the session refuses one attach request and accepts the next request", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 130n });
      expect(sim.faults.halfOpen({ channel: "control" })).toBe(1);
      const other = await openSocket(sim);
      other.send(attachRequest(session.sessionId, 4));
      expect((await other.next()).params).toEqual({ sessionOwnershipBusy: { reason: expect.any(String) } });
      expect(await session.control.closed).toMatchObject({ code: 1006 });
      await reattach(sim, session, 4);
    });

    test("the fault `busyOwner` refuses the given number of attach requests", async () => {
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 130n });
      sim.faults.busyOwner(2);
      sim.faults.drop();
      const socket = await openSocket(sim);
      for (let attempt = 0; attempt < 2; attempt++) {
        socket.send(attachRequest(session.sessionId, 4));
        expect((await socket.next()).params).toEqual({ sessionOwnershipBusy: { reason: expect.any(String) } });
      }
      await reattach(sim, session, 4);
      expect(sim.faults.counts.busyOwner).toBe(2);
    });
  });

  describe("the disconnect timeout", () => {
    const outlives = async (disconnectTimeoutSecs: number | undefined, seconds: number): Promise<boolean> => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const sim = await running();
      const session = await createSession(sim, { startSlot: 100n, endSlot: 130n, disconnectTimeoutSecs });
      sim.faults.drop();
      await session.control.closed;
      await vi.advanceTimersByTimeAsync(seconds * 1000);
      const socket = await openSocket(sim);
      socket.send(attachRequest(session.sessionId, null));
      const answer = await socket.method("sessionAttached", "error");
      if (answer.method === "error") expect(answer.params).toEqual({ sessionNotFound: { session_id: session.sessionId } });
      return answer.method === "sessionAttached";
    };

    test.for([
      [60, 59],
      [65_535, 899],
      [undefined, 29],
    ] as const)(
      "with `disconnectTimeoutSecs: %s`, a session accepts an attach request %d s after the connection loss",
      async ([timeout, seconds]) => {
        expect(await outlives(timeout, seconds)).toBe(true);
      },
    );

    test.for([
      [60, 61],
      [65_535, 901],
      [undefined, 31],
      [0, 0],
    ] as const)(
      "with `disconnectTimeoutSecs: %s`, a session refuses an attach request %d s after the connection loss",
      async ([timeout, seconds]) => {
        expect(await outlives(timeout, seconds)).toBe(false);
      },
    );
  });
}

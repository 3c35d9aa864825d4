import { describe, expect, onTestFinished, test } from "vitest";
import { decodeResponse } from "../../src/protocol/responses.js";
import { readVectors } from "../conformance/vectors.js";
import { overSockets } from "./node-front.js";
import { type Message, openSocket, type StartSimulator, slotsOf, type TestSimulator, type WireSocket } from "./wire-client.js";

/*
 * The client and the simulator share `protocol/`, so both could have the same bug. These tests send the recorded frames of the
 * published Rust client to the simulator, and compare its responses with the recorded responses.
 */

interface Frame {
  client?: string;
  server?: string;
  serverCloses?: number;
}

interface Connection {
  channel: "control" | "subscription";
  headers: Record<string, string>;
  frames: Frame[];
}

const transcript = readVectors("transcript.json") as Record<string, { connections: Connection[] }>;

const handedOff = transcript["session, handed off mid-run"]!.connections;
const parallel = transcript["parallel run, handed off mid-run"]!.connections;
const busy = transcript["busy owner, then gone"]!.connections;

/** Returns the frames that the Rust client sent on a connection. */
function sentFrames({ frames }: Connection): string[] {
  return frames.flatMap(({ client }) => client ?? []);
}

/** Returns the messages that the Rust client received on a connection. */
function receivedMessages({ frames }: Connection): Message[] {
  return frames.flatMap(({ server }) => (server === undefined ? [] : (JSON.parse(server) as Message)));
}

interface CreatedRun {
  control_session_id: string;
  session_ids: string[];
  start_slots: number[];
  end_slots: number[];
}

const SESSION_IN_TRANSCRIPT = "backtest_01980f5a7c2b7e3d8a4b5c6d7e8f9012";

function control(connections: readonly Connection[]): Connection[] {
  return connections.filter(({ channel }) => channel === "control");
}

async function running(options: Parameters<StartSimulator>[0] = {}): Promise<TestSimulator> {
  const sim = await overSockets({ startSlot: 100n, slots: 1_000, apiKey: "an-api-key", ...options });
  onTestFinished(() => sim.close());
  return sim;
}

/** Sends a recorded frame of the Rust client. Replaces the recorded session id with `sessionId`. */
function sendSubscribe(socket: WireSocket, frame: string | undefined, sessionId: string): void {
  socket.send((frame ?? "").replaceAll(SESSION_IN_TRANSCRIPT, sessionId));
}

/**
 * Returns a message without its session id, RPC endpoint and task id. These differ between the simulator and the recorded server.
 */
function shape({ method, params }: Message): unknown {
  if (method !== "sessionCreated" && method !== "sessionAttached") return { method, params };
  const { session_id, rpc_endpoint } = params as Record<string, string>;
  expect(rpc_endpoint).toBe(`/backtest/${session_id}`);
  return { method };
}

function withoutStatuses(messages: readonly Message[]): Message[] {
  return messages.filter(({ method }) => method !== "status");
}

describe("a session with the requests of the Rust client", () => {
  test("for the recorded session of the Rust client, the simulator returns the recorded responses", async () => {
    const [first, second] = control(handedOff) as [Connection, Connection];
    const sim = await running({ slotDelayMs: 1 });
    // Closes the connection after two slots, because the recorded server was redeployed after two slots.
    sim.faults.schedule({ atSlot: 101 }, { type: "close", code: 1012, target: { channel: "control" } });

    const before = await openSocket(sim, sim.url, { headers: first.headers });
    const [create, resume] = sentFrames(first);
    before.send(create);
    const { session_id: sessionId } = (await before.method("sessionCreated")).params as { session_id: string };
    await before.method("readyForContinue");
    before.send(resume);
    expect(await before.closed).toMatchObject({ code: 1012 });
    const own = withoutStatuses(before.messages).map(shape);
    expect(own).toEqual(withoutStatuses(receivedMessages(first)).map(shape));
    const sequences = before.messages.map(({ seqId }) => seqId);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));

    const after = await openSocket(sim, sim.url, { headers: second.headers });
    const [attach, resumed, close] = sentFrames(second);
    after.send(
      (attach ?? "")
        .replace(SESSION_IN_TRANSCRIPT, sessionId)
        .replace('"last_sequence":5', `"last_sequence":${sequences.length}`),
    );
    await after.method("sessionAttached");
    after.send(resumed);
    await after.method("success");
    await after.method("completed");
    after.send(close);
    await after.method("success");

    const [attached, success] = withoutStatuses(after.messages).map(shape);
    expect([attached, success]).toEqual([{ method: "sessionAttached" }, { method: "success", params: undefined }]);
    expect(slotsOf(after.messages)).toEqual([102, 103]);
    const completed = after.messages.find(({ method }) => method === "completed");
    const theirs = receivedMessages(second).find(({ method }) => method === "completed");
    const fields = (message: Message | undefined): string[] =>
      Object.keys((message?.params as { summary: object } | undefined)?.summary ?? {});
    expect(fields(completed)).toEqual(fields(theirs));
  });

  test("with replayBeforeAttached, the simulator sends replayed responses before sessionAttached, as in the Rust client's recording", async () => {
    const [first, second] = control(handedOff) as [Connection, Connection];
    const sim = await running({ replayBeforeAttached: true });
    const before = await openSocket(sim, sim.url, { headers: first.headers });
    before.send(sentFrames(first)[0]);
    const { session_id: sessionId } = (await before.method("sessionCreated")).params as { session_id: string };
    await before.method("readyForContinue");
    sim.faults.drop();
    const after = await openSocket(sim, sim.url, { headers: second.headers });
    const [attach, resumed] = sentFrames(second);
    after.send((attach ?? "").replace(SESSION_IN_TRANSCRIPT, sessionId).replace('"last_sequence":5', '"last_sequence":3'));
    after.send(resumed);
    await after.method("success");
    const order = (messages: Message[]): unknown[] => messages.slice(0, 3).map(({ seqId }) => typeof seqId);
    expect(order(after.messages)).toEqual(order(receivedMessages(second)));
  });

  test("the recorded subscribe request of the Rust client receives the recorded acknowledgement, notifications and completion", async () => {
    const [first] = control(handedOff) as [Connection];
    const sim = await running();
    const socket = await openSocket(sim, sim.url, { headers: first.headers });
    socket.send(sentFrames(first)[0]);
    const { session_id: sessionId } = (await socket.method("sessionCreated")).params as { session_id: string };
    const wsUrl = `${sim.httpUrl.replace(/^http/, "ws")}/backtest/${sessionId}`;

    const subscriptions = handedOff.filter(({ channel }) => channel === "subscription");
    const sockets = await Promise.all(subscriptions.map(({ headers }) => openSocket(sim, wsUrl, { headers })));
    for (const [index, connection] of subscriptions.entries())
      sendSubscribe(sockets[index]!, sentFrames(connection)[0], sessionId);
    socket.send(sentFrames(first)[1]);

    for (const [index, connection] of subscriptions.entries()) {
      const messages = await sockets[index]!.until(({ method }) => method === "subscriptionComplete");
      const theirs = receivedMessages(connection);
      expect(Object.keys(messages[0]!)).toEqual(Object.keys(theirs[0]!));
      expect(messages[0]).toMatchObject({ jsonrpc: "2.0", id: 1, result: expect.any(Number) });
      const subscription = messages[0]?.result;
      expect(messages.at(-1)).toEqual({ ...receivedMessages(subscriptions[0]!).at(-1), params: { subscription } });
      const notifications = messages.slice(1, -1);
      expect(notifications.length).toBeGreaterThan(2);
      for (const { method, params } of notifications)
        expect([method, (params as { subscription: unknown }).subscription]).toEqual([
          connection === subscriptions[0] ? "transactionNotification" : "accountDiffNotification",
          subscription,
        ]);
    }
    const replayed = sockets[2]!.messages
      .slice(1, -1)
      .map(({ params }) => (params as { result: { context: { slot: number } } }).result);
    expect(Math.min(...replayed.map(({ context }) => context.slot))).toBe(101);
    const theirDiff = receivedMessages(subscriptions[1]!)[1]?.params as { result: object };
    expect(Object.keys(replayed[0] ?? {})).toEqual(expect.arrayContaining(Object.keys(theirDiff.result)));
  });
});

test("the simulator refuses to attach to a busy or ended session. The refusals equal those in the transcript of the Rust client", async () => {
  const [first, second, third] = control(busy) as [Connection, Connection, Connection];
  const sim = await running();
  const owner = await openSocket(sim, sim.url, { headers: first.headers });
  owner.send(sentFrames(first)[0]);
  const { session_id: sessionId } = (await owner.method("sessionCreated")).params as { session_id: string };
  sim.faults.busyOwner(1);
  sim.faults.drop();

  const refusal = async (connection: Connection, id: string): Promise<Message> => {
    const socket = await openSocket(sim, sim.url, { headers: connection.headers });
    sendSubscribe(socket, sentFrames(connection)[0], id);
    return socket.next();
  };
  const theirs = (connection: Connection): string => receivedMessages(connection)[0]!.params as string;
  const held = await refusal(second, sessionId);
  expect(held.method).toBe("error");
  expect(Object.keys(held.params as object)).toEqual(Object.keys(theirs(second)));
  // The simulator never had a session with the id in the transcript.
  expect(await refusal(third, SESSION_IN_TRANSCRIPT)).toEqual(receivedMessages(third)[0]);
});

test("the simulator responds to the requests of a parallel run as in the transcript of the Rust client", async () => {
  const [first, second] = control(parallel) as [Connection, Connection];
  const sim = await running({ parallelSessions: 2 });
  const before = await openSocket(sim, sim.url, { headers: first.headers });
  const [create, ...continues] = sentFrames(first);
  before.send(create);
  const created = (await before.method("sessionsCreatedV2")).params as CreatedRun;
  const theirs = receivedMessages(first).find(({ method }) => method === "sessionsCreatedV2")?.params as CreatedRun;
  expect([created.start_slots, created.end_slots]).toEqual([theirs.start_slots, theirs.end_slots]);
  // Maps the session ids in the transcript to the session ids of the simulator.
  const ids = new Map(
    [theirs.control_session_id, ...theirs.session_ids].map((id, index) => [
      id,
      [created.control_session_id, ...created.session_ids][index]!,
    ]),
  );
  const ours = (frame: string): string => frame.replace(/(?:parallel|backtest)_[0-9a-f]{32}/g, (id) => ids.get(id) ?? id);
  const answers = (messages: readonly Message[]): unknown[] =>
    messages
      .filter(({ method }) => method === "sessionCreated" || method === "sessionsCreatedV2")
      .map(({ method, params }) => [method, Object.keys(params as object).filter((key) => !key.startsWith("task_id"))]);
  expect(answers(before.messages)).toEqual(answers(receivedMessages(first)));

  sim.faults.schedule({ atSlot: 150 }, { type: "close", code: 1012, target: { channel: "control" } });
  for (const frame of continues) before.send(ours(frame));
  expect(await before.closed).toMatchObject({ code: 1012 });

  const after = await openSocket(sim, sim.url, { headers: second.headers });
  const [attach, close] = sentFrames(second);
  after.send(ours(attach ?? ""));
  expect(Object.keys((await after.method("parallelSessionAttachedV2")).params as object)).toEqual(
    expect.arrayContaining(Object.keys(receivedMessages(second)[0]?.params as object)),
  );
  const left = new Set(created.session_ids);
  const events = await after.until(({ params }) => {
    const { session_id, event } = params as { session_id: string; event: Message };
    if (event.method === "completed") left.delete(session_id);
    return left.size === 0;
  });
  for (const { method, params } of events) {
    expect([method, Object.keys(params as object)]).toEqual([
      "sessionEventV2",
      Object.keys(receivedMessages(second)[1]?.params as object),
    ]);
  }
  // Like the server in the transcript, the simulator replays the last event that the client received.
  expect(events[0]?.params).toMatchObject({ seq_id: 2 });
  after.send(close ?? "");
  await after.method("success");
});

test("every frame that the simulator sends on the control channel matches a published response type", async () => {
  const sim = await running();
  const socket = await openSocket(sim, sim.url, { headers: control(handedOff)[0]!.headers });
  for (const frame of sentFrames(control(handedOff)[0]!)) socket.send(frame);
  await socket.method("completed");
  for (const text of socket.texts) expect(decodeResponse(text).response.method).not.toBe("unrecognized");
});

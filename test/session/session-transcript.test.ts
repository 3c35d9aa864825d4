import { expect, test } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import { readVectors } from "../conformance/vectors.js";
import { ScriptedControl, type ScriptedSubscription, startScriptedServer } from "../support/scripted-server.js";
import { brief, newClient, PROGRAM, rejection, take, takeAll } from "./session-rig.js";

/*
 * Replays the server side of connections that were recorded with the Rust client. The TypeScript client must send the same frames
 * as the Rust client (exceptions: protocol.md, 8).
 */

type Line = { client: string } | { server: string } | { serverCloses: number } | { closed: number };

interface Recorded {
  channel: "control" | "subscription";
  headers: Record<string, string>;
  frames: Line[];
}

interface Transcript {
  connections: Recorded[];
  theRustClientSaw: Record<string, unknown>;
}

const transcripts = readVectors("transcript.json") as Record<string, Transcript>;

/** Replays the server side of a recorded connection. Returns the frames that this client sent. */
async function play(connection: ScriptedControl | ScriptedSubscription, { frames }: Recorded): Promise<void> {
  for (const line of frames) {
    if ("server" in line) connection.send(line.server);
    else if ("serverCloses" in line) connection.close(line.serverCloses);
    else if ("client" in line) expect(asOriginal(await connection.message())).toEqual(parseJson(line.client));
  }
}

/** Removes the request members that the Rust client does not send. */
function asOriginal(request: Record<string, unknown>): unknown {
  const { method, params } = request;
  if (method === "createBacktestSession") {
    // Only the TypeScript client sends a name and a token. With the token, a lost create request can be retried.
    const { name, createToken, parallel, ...others } = params as Record<string, unknown>;
    // The Rust client sends `parallel: true`, but never `parallel: false`.
    const same = parallel === true ? { ...others, parallel } : others;
    expect(name).toMatch(/^js-[0-9a-f]{16}$/);
    expect(createToken).toMatch(/^[0-9a-f]{32}$/);
    return { method, params: same };
  }
  return request;
}

function recorded(transcript: Transcript, channel: Recorded["channel"], index: number): Recorded {
  const found = transcript.connections.filter((connection) => connection.channel === channel)[index];
  if (found === undefined) throw new Error(`no ${channel} connection ${index}`);
  return found;
}

test("if connections of a session are lost during the run, the client sends the same frames as the Rust client", async () => {
  const transcript = transcripts["session, handed off mid-run"]!;
  const server = await startScriptedServer();
  const client = newClient(server, { apiKey: "an-api-key" });
  const serve = async () => {
    const control = await server.control();
    await play(control, recorded(transcript, "control", 0));
    await control.ended;
  };
  const serveSubscriptions = async () => {
    const transactions = await server.subscription();
    await play(transactions, recorded(transcript, "subscription", 0));
    const diffs = await server.subscription();
    await play(diffs, recorded(transcript, "subscription", 1));
  };
  const drive = async () => {
    const session = await client.startSession({ startSlot: 100, endSlot: 103, sendSummary: true });
    session.subscribeTransactions([PROGRAM]);
    session.subscribeAccountDiffs([PROGRAM]);
    await session.continue({ advanceCount: 5 });
    return session;
  };
  const [session] = await Promise.all([drive(), serve(), serveSubscriptions()]);
  const taking = takeAll(session);
  server.connections.find(({ received }) => received[0]?.includes("accountDiffSubscribe"))!.destroy();
  await Promise.all([
    server.control().then((control) => play(control, recorded(transcript, "control", 1))),
    server.subscription().then((subscription) => play(subscription, recorded(transcript, "subscription", 2))),
  ]);

  const events = await taking;
  expect(await session.closed).toEqual({ reason: "completed" });
  const seen = transcript.theRustClientSaw;
  const slots = events.flatMap((event) => (event.type === "slot" ? [event.slot] : []));
  expect(slots).toEqual([100n, 101n, 102n, 103n]);
  expect(slots).toHaveLength(seen.slots as number);
  expect(events.filter(({ type }) => type === "readyForContinue")).toHaveLength(seen.ready as number);
  expect(events.filter(({ type }) => type === "error" || type === "unrecognized")).toEqual([]);
  // This client drops the two duplicates that the Rust client delivered.
  const delivered = events.flatMap((event) => (event.type === "accountDiff" ? [event.diff.signature] : []));
  expect(delivered).toEqual(["sigA", "sigB", "sigC"]);
  expect(delivered).toHaveLength(seen.uniqueDiffs as number);
  expect(events.at(-1)).toEqual({ type: "completed", summary: parseJson(seen.summary as string) });
  expect(session.diagnostics).toMatchObject({ duplicatesDropped: 2, malformed: 0, reconnects: { control: 1, accountDiff: 1 } });

  expect(session.info).toEqual({
    sessionId: seen.sessionId,
    rpcEndpoint: `${server.httpUrl}/backtest/${seen.sessionId}`,
    wsEndpoint: `${server.httpUrl.replace("http", "ws")}/backtest/${seen.sessionId}`,
  });
  for (const connection of server.connections) {
    const isControl = connection instanceof ScriptedControl;
    const userAgent = expect.stringMatching(/^simulator-client-js\/[\w.-]{1,32} \(managed\)$/);
    expect(connection.url).toBe(isControl ? "/backtest" : `/backtest/${seen.sessionId}`);
    expect(connection.headers).toMatchObject({ "user-agent": userAgent });
    expect(connection.headers["x-api-key"]).toBe(isControl ? "an-api-key" : undefined);
  }
});

test("if the connection of a parallel run is lost, the client sends the same frames as the Rust client", async () => {
  const transcript = transcripts["parallel run, handed off mid-run"]!;
  const server = await startScriptedServer();
  const client = newClient(server, { apiKey: "an-api-key" });
  const serve = async () => {
    const control = await server.control();
    await play(control, recorded(transcript, "control", 0));
    await control.ended;
  };
  const drive = async () => {
    const run = await client.startParallelSession({ startSlot: 100, endSlot: 199 });
    for (const subSession of run.subSessions) await subSession.continue({ advanceCount: 50 });
    return run;
  };
  const [run] = await Promise.all([drive(), serve()]);
  const taking = Promise.all(run.subSessions.map((subSession) => takeAll(subSession)));
  const again = await server.control();
  await play(again, recorded(transcript, "control", 1));
  await again.ended;
  expect(await run.closed).toEqual({ reason: "completed" });

  const { runs, subSessions } = transcript.theRustClientSaw as {
    runs: { range: [number, number]; firstSlot: number; ready: number; slots: number }[];
    subSessions: number;
  };
  expect(run.subSessions).toHaveLength(subSessions);
  const taken = await taking;
  for (const [index, subSession] of run.subSessions.entries()) {
    const seen = runs[index]!;
    expect([subSession.range.startSlot, subSession.range.endSlot]).toEqual(seen.range.map(BigInt));
    const lines = taken[index]!.map(brief);
    // The server replays the slot of the first sub-session. The client delivers the slot only once.
    expect(lines).toEqual(["readyForContinue", `slot ${seen.firstSlot}`, "resumed control", "completed"]);
    expect([seen.ready, seen.slots]).toEqual([1, 1]);
    expect(subSession.diagnostics).toMatchObject({ duplicatesDropped: index === 0 ? 1 : 0, malformed: 0 });
  }
  for (const { headers } of server.connections) expect(headers["x-api-key"]).toBe("an-api-key");
});

test("the client sends the same frames as the Rust client if the server reports the session as busy and then as not found", async () => {
  const transcript = transcripts["busy owner, then gone"]!;
  const server = await startScriptedServer();
  const client = newClient(server, { apiKey: "an-api-key" });
  const serve = async () => {
    const control = await server.control();
    await play(control, recorded(transcript, "control", 0));
    control.destroy();
  };
  const drive = async () => {
    const session = await client.startSession({ startSlot: 100, endSlot: 103, sendSummary: true });
    await session.continue({ advanceCount: 5 });
    return session;
  };
  const [session] = await Promise.all([drive(), serve()]);
  await play(await server.control(), recorded(transcript, "control", 1));
  await play(await server.control(), recorded(transcript, "control", 2));

  expect((await take(session, 1)).map(brief)).toEqual(["readyForContinue"]);
  const error = await rejection(session.nextEvent());
  // Our client reports the reason. The Rust client reports only that the channel is closed.
  expect(error).toMatchObject({ code: "controlFailed", remote: { kind: "sessionNotFound", sessionId: session.info.sessionId } });
  expect(await session.closed).toEqual({ reason: "failed", error });
});

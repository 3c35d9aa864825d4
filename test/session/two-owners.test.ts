import { describe, expect, onTestFinished, test } from "vitest";
import { startLocalSimulator } from "../../src/local/index.js";
import { startScriptedServer } from "../support/scripted-server.js";
import { brief, CREATED, newClient, rejection, startSession, take, takeAll, until } from "./session-rig.js";

const create = { startSlot: 100, slotCount: 41 };

async function setUp() {
  const simulator = await startLocalSimulator({ startSlot: 100, slots: 60 });
  onTestFinished(() => simulator.close());
  return { simulator, client: () => newClient(simulator) };
}

describe("two clients with a checkpoint of the same session", () => {
  test("if a client resumes a session while another client is connected, the resume fails with sessionBusy, and the other client continues", async () => {
    const { simulator, client } = await setUp();
    const holder = await client().startSession(create);
    const running = holder.run({ step: 10 });
    const slots: string[] = [];
    for (let count = 0; count < 5; count++) slots.push(brief((await running.next()).value));
    const error = await rejection(client().resumeSession(holder.checkpoint()));
    expect(error).toMatchObject({ code: "sessionBusy", remote: { kind: "sessionOwnershipBusy" } });
    expect(error.message).toContain("another connection is attached to the session");
    for await (const event of running) slots.push(brief(event));
    expect(slots.filter((line) => line.startsWith("slot"))).toEqual(Array.from({ length: 41 }, (_, i) => `slot ${100 + i}`));
    expect(holder.diagnostics.reconnects).toEqual({});
    expect(simulator.record.sessions).toHaveLength(1);
  });

  test("if two clients resume a session at the same time, one client succeeds, and the other client gets sessionBusy", async () => {
    const { client } = await setUp();
    const first = await client().startSession(create);
    const events = await take(first, 1);
    const checkpoint = await first.detach();
    const outcomes = await Promise.allSettled([client().resumeSession(checkpoint), client().resumeSession(checkpoint)]);
    const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(won).toHaveLength(1);
    expect(lost).toMatchObject([{ code: "sessionBusy" }]);
    const [winner] = won;
    events.push(...(await take(winner!, 1)));
    const last = await client().resumeSession(await winner!.detach());
    events.push(...(await takeAll(last.run())));
    expect(events.map(brief).filter((line) => line.startsWith("slot"))).toHaveLength(41);
    expect(events.at(-1)?.type).toBe("completed");
  });

  test("a second client can resume a session after the server detects that the first client has lost its connection", async () => {
    const { simulator, client } = await setUp();
    const dead = await client().startSession(create);
    await take(dead, 1);
    simulator.faults.halfOpen({ channel: "control" });
    const resumed = await newClient(simulator).resumeSession(dead.checkpoint());
    const events = await takeAll(resumed.run());
    expect(events.filter(({ type }) => type === "slot")).toHaveLength(41);
  });
});

test("a session fails after `maxAttempts` refused attach requests if another client stays attached to the session", async () => {
  const server = await startScriptedServer();
  const { session, control } = await startSession(server, newClient(server, { reconnect: { maxAttempts: 2 } }));
  control.close(1000);
  for (let attempt = 0; attempt < 2; attempt++) {
    const again = await server.control();
    await again.expect("attachBacktestSession");
    again.respond(undefined, "error", { sessionOwnershipBusy: { reason: "owned by another" } });
    await again.ended;
  }
  const { reason, error } = await session.closed;
  expect(reason).toBe("failed");
  expect(error?.message).toContain("another connection is attached to the session");
  expect(["controlFailed", "sessionBusy"]).toContain(error?.code);
  // nextEvent() delivers the received events first, and then rejects with the error from `closed`.
  expect((await session.nextEvent()).type).toBe("readyForContinue");
  expect(await rejection(session.nextEvent())).toBe(error);
});

test("if the server refuses three attach requests with sessionOwnershipBusy, the session still reconnects without an error", async () => {
  const server = await startScriptedServer();
  const { session, control } = await startSession(server, newClient(server));
  control.destroy();
  for (let attempt = 0; attempt < 3; attempt++) {
    const again = await server.control();
    await again.expect("attachBacktestSession");
    again.respond(undefined, "error", { sessionOwnershipBusy: { reason: "owned by another" } });
    await again.ended;
  }
  const again = await server.control();
  await again.expect("attachBacktestSession");
  again.respond(undefined, "sessionAttached", CREATED);
  await again.expect("resumeAttachedSession");
  again.respond(undefined, "success");
  await until(() => session.connection.state === "up", "it is back");
  expect((await take(session, 2)).map(brief)).toEqual(["readyForContinue", "resumed control"]);
});

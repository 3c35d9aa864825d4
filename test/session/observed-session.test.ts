import { describe, expect, onTestFinished, test } from "vitest";
import { createLocalSimulator } from "../../src/local/index.js";
import { newClient, rejection, settle, takeAll } from "./session-rig.js";

async function setUp() {
  const simulator = createLocalSimulator({ startSlot: 100, slots: 20, transactionsPerSlot: 2 });
  onTestFinished(() => simulator.close());
  const options = { WebSocket: simulator.WebSocket, fetch: simulator.fetch };
  const session = await newClient(simulator, options).startSession({ startSlot: 100, slotCount: 20 });
  const observed = newClient(simulator, options).observe(session.info.rpcEndpoint);
  const [program] = simulator.programs as [string];
  const sent = () => simulator.record.session(session.info.sessionId)!.notifications("transaction", program).length;
  return { session, observed, program, sent };
}

describe("an observed session", () => {
  test("an observed session receives each event of its subscriptions once, and ends when the subscriptions have ended", async () => {
    const { session, observed, program, sent } = await setUp();
    const subscription = observed.subscribeTransactions([program]);
    await subscription.ready;
    const [events] = await Promise.all([takeAll(observed), takeAll(session.run())]);
    expect(events.map(({ type }) => type)).toEqual(Array(sent()).fill("transaction"));
    expect(new Set(events.map((event) => "subscriptionId" in event && event.subscriptionId))).toEqual(new Set([subscription.id]));
    expect(await observed.closed).toEqual({ reason: "completed" });
  });

  test("close() of an observed session ends the iteration of its subscription, but not the session itself", async () => {
    const { session, observed, program } = await setUp();
    const subscription = observed.subscribeTransactions([program]);
    const loop = (async () => {
      for await (const _ of subscription);
    })();
    await subscription.ready;
    await observed.close();
    await loop;
    expect(await observed.closed).toEqual({ reason: "shutdown" });
    expect(() => observed.subscribeSlots()).toThrow(expect.objectContaining({ code: "controlClosed" }));
    expect((await takeAll(session.run())).at(-1)).toEqual({ type: "completed" });
  });

  test("modifyAccounts() of an observed session returns the number of changed accounts", async () => {
    const { observed, program } = await setUp();
    const account = {
      data: { data: "", encoding: "base64" as const },
      executable: false,
      lamports: 5n,
      owner: program,
      space: 0,
    };
    expect(await observed.modifyAccounts({ [program]: account })).toBe(1);
  });

  test("an observed session opens no connection before the first subscribe call, and requires an endpoint", async () => {
    const { observed } = await setUp();
    await settle();
    expect(observed.diagnostics.frames).toBe(0);
    await observed.close();
    const client = newClient({ url: "ws://127.0.0.1:9" });
    expect(() => client.observe("")).toThrow(expect.objectContaining({ code: "invalidParams", field: "rpcEndpoint" }));
  });

  test("an observed session is closed when its client is closed, and at the end of an `await using` block", async () => {
    const { session } = await setUp();
    const client = newClient({ url: "ws://127.0.0.1:9" });
    const observed = client.observe(session.info.rpcEndpoint);
    {
      await using owner = client;
      expect(owner).toBe(client);
    }
    expect(await observed.closed).toEqual({ reason: "shutdown" });
    expect(await rejection(observed.nextEvent())).toMatchObject({ code: "controlClosed" });
  });
});

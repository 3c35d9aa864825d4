import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import type { BacktestClient as Client } from "../dist/browser.js";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";

// Tests the minified browser file in Node.js.
const { BacktestClient } = (await import("../dist/browser.js" as string)) as typeof import("../dist/index.js");

const START = 300_000_000n;

let simulator: LocalSimulator;
let client: Client;

beforeEach(async () => {
  simulator = await startLocalSimulator({ startSlot: Number(START), slots: 40, apiKey: "key" });
  client = new BacktestClient({ url: simulator.url, apiKey: "key", WebSocket, timeouts: { continueTimeoutMs: 300 } });
});

afterEach(async () => {
  await client.close();
  await simulator.close();
});

/** Syntax and built-ins that no file may use, because the oldest browsers in docs/browsers.md lack them. */
const TOO_NEW =
  /\bstatic\s*\{|\bAbortSignal\.any\b|\bwithResolvers\b|\bfromAsync\b|\bscheduler\.yield\b|\bWebAssembly\b|\b(?:Object|Map)\.groupBy\b/;
/** Syntax and built-ins that dist/browser.js must not use, because it supports older browsers than the other files. */
const TOO_NEW_FOR_CLIENT = /\.(?:toReversed|toSorted|toSpliced|findLast|findLastIndex)\(|\(\?<[=!]/;

describe("the files for pages", () => {
  it.each(["", "-local", "-compare", "-explain", "-reroute"])(
    "dist/browser%s.js uses only syntax and built-ins that the browsers in docs/browsers.md support",
    (name) => {
      const text = readFileSync(new URL(`../dist/browser${name}.js`, import.meta.url), "utf8");
      expect(TOO_NEW.exec(text)?.[0]).toBeUndefined();
      if (name === "") expect(TOO_NEW_FOR_CLIENT.exec(text)?.[0]).toBeUndefined();
    },
  );
});

describe("dist/browser.js", () => {
  it("dist/browser.js completes a parallel run even if all connections are cut", async () => {
    const run = await client.startParallelSession({ startSlot: START, slotCount: 20, name: "In-Parts" });
    expect(run.subSessions.length).toBeGreaterThan(0);
    const slots = new Set<bigint>();
    for await (const { event } of run.run({ step: 3 })) {
      if (event.type === "slot" && slots.add(event.slot).size === 5) simulator.faults.drop();
    }
    expect(slots.size).toBe(20);
    expect(await run.closed).toEqual({ reason: "completed" });
  });

  it("dist/browser.js can stop a run at a discovery, change accounts before a `continue` request, and step through slots", async () => {
    const [program] = simulator.programs as [string];
    const session = await client.startSession({
      startSlot: START,
      slotCount: 10,
      discoveries: [{ kind: "programExecuted", value: program }],
      actions: [{ anchor: { at: "afterSlot", slots: [START + 2n] }, label: "x", returnAccounts: [program] }],
    });
    session.subscribeActions();
    const pause = await session.advanceToDiscovery();
    expect(pause).toMatchObject({ discovery: { type: "discoveryBatch" }, paused: { type: "paused" } });
    const account = {
      data: { data: "", encoding: "base64" as const },
      executable: false,
      lamports: 5n,
      owner: program,
      space: 0,
    };
    const { outcome } = await session.continueUntilReady({ modifyAccountStates: { [program]: account } });
    expect(outcome).toBe("ready");
    await expect(session.continue({ transactions: [5 as never] })).rejects.toMatchObject({
      code: "invalidParams",
      field: "transactions.0",
    });
    await session.shutdown();
  });

  it("dist/browser.js refuses invalid create parameters and names the field", async () => {
    for (const [params, field] of [
      [{ name: "not a name!" }, "name"],
      [{ discoveries: [{ kind: "programExecuted", value: "x" }] }, "discoveries.0.value"],
      [{ reroute: { aggregators: ["uniswap"] } }, "reroute.aggregators.0"],
      [{ sendSummary: 1 }, "sendSummary"],
    ] as const) {
      const refused = client.startSession({ startSlot: START, slotCount: 1, ...params } as never);
      await expect(refused).rejects.toMatchObject({ code: "invalidParams", field });
    }
  });

  it("dist/browser.js makes HTTP calls, and opens a raw connection", async () => {
    expect(await client.health()).toBe(true);
    expect((await client.availableRanges()).length).toBeGreaterThan(0);
    const connection = await client.connect();
    connection.send({ method: "createBacktestSession", params: { startSlot: START, endSlot: START + 1n } });
    for await (const { response } of connection.responses()) if (response.method === "sessionCreated") break;
    await connection.close();
  });

  it("dist/browser.js resumes from a checkpoint with every kind of subscription", async () => {
    const [program] = simulator.programs as [string];
    const session = await client.startSession({ startSlot: START, slotCount: 10, disconnectTimeoutSecs: 60 });
    session.subscribeLogs([program]);
    session.subscribeAccountDiffs([program]);
    session.subscribeTransactions([program]);
    await session.continue({ advanceCount: 2 });
    const seen = new Map<string, number>();
    const count = (type: string): void => void seen.set(type, (seen.get(type) ?? 0) + 1);
    for await (const event of session) {
      count(event.type);
      if (event.type === "slot" && event.slot === START + 1n) break;
    }
    const resumed = await client.resumeSession(await session.detach());
    for await (const event of resumed.run()) count(event.type);
    expect(await resumed.closed).toEqual({ reason: "completed" });
    expect(seen.get("slot")).toBe(10);
    for (const type of ["logs", "accountDiff", "transaction"]) expect(seen.get(type)).toBeGreaterThan(0);
  });
});

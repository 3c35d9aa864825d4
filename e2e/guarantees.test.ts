import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BacktestClient, type BacktestClientOptions, SimulatorError } from "../dist/index.js";
import { createLocalSimulator, type Engine, type LocalSimulator, startLocalSimulator } from "../dist/local.js";
import { expectNoKey } from "./support/secrets.js";

/*
 * Tests the README's guarantees for which the README has no example. Uses the built package in Node.js.
 */

const START = 300_000_000;
const create = { startSlot: START, slotCount: 40 };
const API_KEY = "guarantee-key-7d2e!/+";

let simulator: LocalSimulator;

beforeEach(async () => {
  simulator = await startLocalSimulator({ startSlot: START, slots: 50, slotDelayMs: 2, apiKey: API_KEY });
});

afterEach(async () => {
  await simulator.close();
});

const connect = (options: Partial<BacktestClientOptions> = {}) =>
  new BacktestClient({ url: simulator.url, apiKey: API_KEY, reconnect: { initialBackoffMs: 50 }, ...options });

async function failureOf(start: Promise<unknown>): Promise<SimulatorError> {
  const error = await start.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SimulatorError);
  return error as SimulatorError;
}

describe("the API key", () => {
  it.each(["header", "subprotocol", "query"] as const)(
    "the simulator accepts an API key that the client sends as %s",
    async (auth) => {
      const session = await connect({ auth }).startSession(create);
      expect(session.info.sessionId).toMatch(/^backtest_[0-9a-f]{32}$/);
      await session.shutdown();
    },
  );

  it("the option apiKey can be a function, which the client calls for each connection attempt", async () => {
    let calls = 0;
    const apiKey = () => {
      calls += 1;
      return Promise.resolve(API_KEY);
    };
    const session = await connect({ apiKey }).startSession(create);
    simulator.faults.schedule({ atSlot: START + 20, target: { channel: "control" } }, { type: "drop" });
    for await (const _ of session.run());
    expect(await session.closed).toEqual({ reason: "completed" });
    expect(calls).toBe(2);
  });

  it.each(["header", "subprotocol", "query"] as const)(
    "the API key is in no log line, error or event if it is sent as %s",
    async (auth) => {
      const lines: string[] = [];
      const note = (line: string) => lines.push(line);
      const logger = { debug: note, info: note, warn: note, error: note };
      const session = await connect({ auth, logger }).startSession(create);
      session.on("connection", (change) => lines.push(JSON.stringify(change)));
      simulator.faults.schedule({ atSlot: START + 20 }, { type: "drop" });
      simulator.faults.refuseUpgrade(503);
      for await (const event of session.run()) {
        lines.push(JSON.stringify(event, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)));
      }
      const gone = await startLocalSimulator();
      await gone.close();
      const lost = new BacktestClient({ url: gone.url, apiKey: API_KEY, auth, logger, timeouts: { initialConnectMs: 300 } });
      const error = await failureOf(lost.startSession(create));
      expect(error.code).toBe("unreachable");
      lines.push(`${error.stack}${JSON.stringify(error)}${String(error.cause)}${JSON.stringify(error.cause)}`);
      expect(lines.length).toBeGreaterThan(40);
      expectNoKey(lines.join("\n"), API_KEY);
    },
  );
});

describe("errors", () => {
  it.each([
    { wrong: { startSlot: 10, endSlot: 5 }, field: "endSlot" },
    { wrong: { startSlot: 10 }, field: "endSlot" },
    { wrong: { startSlot: 10, endSlot: 20, slotCount: 5 }, field: "endSlot" },
    { wrong: { startSlot: -1, slotCount: 5 }, field: "startSlot" },
    { wrong: { startSlot: 1.5, slotCount: 5 }, field: "startSlot" },
    { wrong: { startSlot: 2n ** 64n, slotCount: 5 }, field: "startSlot" },
    { wrong: { startSlot: 10, slotCount: 5, name: "no spaces" }, field: "name" },
  ])(
    "startSession refuses invalid parameters before it opens a socket, and the error names the field: $wrong",
    async ({ wrong, field }) => {
      const error = await failureOf(connect().startSession(wrong as never));
      expect(error).toMatchObject({ code: "invalidParams", field });
      expect(simulator.record.connections.control).toBe(0);
    },
  );

  it("errors have different codes for a wrong key, an unavailable range and an unreachable host", async () => {
    const wrongKey = await failureOf(connect({ apiKey: "wrong-key" }).startSession(create));
    expect(wrongKey).toMatchObject({ code: "unauthorized", status: 401 });
    const wrongRange = await failureOf(connect().startSession({ startSlot: 5, slotCount: 5 }));
    expect(wrongRange.code).toBe("create");
    await simulator.close();
    const noServer = await failureOf(connect({ timeouts: { initialConnectMs: 300 } }).startSession(create));
    expect(noServer.code).toBe("unreachable");
  });

  it("errors from the server are delivered as events, and the iterator throws if an error ends the session", async () => {
    const broken: Engine = {
      programs: [],
      bundles: [],
      open: () => ({
        currentBlock: () => ({ slot: BigInt(START), blockTime: 0n, batches: 1, nextBatch: 0 }),
        executeBatch: () => {
          throw new Error("the ledger is gone");
        },
        finishBlock: () => {},
        prepare: () => ({ execute: () => [] }),
        applyAccounts: () => {},
        account: () => undefined,
        summary: () => {
          throw new Error("no summary");
        },
      }),
    };
    const { url, WebSocket, fetch } = createLocalSimulator({ engine: broken });
    const session = await new BacktestClient({ url, WebSocket, fetch }).startSession(create);
    const types: string[] = [];
    const error = await failureOf(
      (async () => {
        for await (const event of session.run()) types.push(event.type);
      })(),
    );
    expect(error).toMatchObject({ code: "remote", remote: { kind: "internal" } });
    expect(types.at(-1)).toBe("error");
    expect(await session.closed).toEqual({ reason: "failed", error });
  });
});

describe("a continue that is lost with its connection", () => {
  it("if a `continue` request is lost with its connection, run() resends the request after a timeout", async () => {
    const session = await connect({ timeouts: { continueTimeoutMs: 300 } }).startSession(create);
    const continuity: string[] = [];
    let stops = 0;
    for await (const event of session.run({ step: 10 })) {
      if (event.type === "continuity") continuity.push(event.kind);
      if (event.type !== "readyForContinue") continue;
      stops += 1;
      if (stops !== 2) continue;
      // The simulator stops reading from the connection, and cuts the connection after 50 ms. The next `continue` request is lost
      // with the connection.
      simulator.faults.halfOpen({ channel: "control" });
      setTimeout(() => simulator.faults.drop({ channel: "control" }), 50);
    }
    expect(await session.closed).toEqual({ reason: "completed" });
    expect(continuity).toEqual(["resumed", "continueUncertain"]);
    const record = simulator.record.session(session.info.sessionId);
    // The record contains only the requests that reached the server: four continue requests, each for 10 of the 40 blocks.
    expect(record?.requests.filter(({ method }) => method === "continue")).toHaveLength(4);
    expect(record?.control.filter(({ response }) => response.method === "slotNotification")).toHaveLength(40);
  });
});

describe("backpressure", () => {
  it("the client buffers events until an iterator reads them, and pauses the socket when the buffer is full", async () => {
    const session = await connect({ maxBufferedEvents: 20 }).startSession(create);
    const [program = ""] = simulator.programs;
    session.subscribeAccountDiffs([program]);
    const keys: string[] = [];
    let buffered = 0;
    for await (const event of session.run()) {
      if (event.type !== "accountDiff") continue;
      const { account, signature, txIndex } = event.diff;
      keys.push(`${account}|${signature}|${txIndex}`);
      // Reads slowly, so that the buffer becomes full: waits up to 50 turns of the event loop before each read.
      for (let turn = 0; turn < 50 && session.diagnostics.queueLength <= 41; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      buffered = Math.max(buffered, session.diagnostics.queueLength);
    }
    const record = simulator.record.session(session.info.sessionId);
    expect(keys).toEqual(record?.notifications("accountDiff", program).map(({ key }) => key));
    // At most 20 control events, 20 notifications, and `completed`.
    expect(buffered).toBeLessThanOrEqual(41);
    expect(buffered).toBeGreaterThanOrEqual(20);
  });

  it("events are delivered to listeners as they arrive, and are not buffered", async () => {
    const session = await connect().startSession(create);
    let transactions = 0;
    session.subscribeTransactions(simulator.programs.slice(0, 1));
    session.on("transaction", () => {
      transactions += 1;
    });
    session.on("readyForContinue", () => void session.continue({ advanceCount: 1_000 }));
    expect(await session.closed).toEqual({ reason: "completed" });
    const record = simulator.record.session(session.info.sessionId);
    expect(transactions).toBe(record?.notifications("transaction", simulator.programs[0] ?? "").length);
  });
});

import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { BacktestClient } from "../../../src/client/backtest-client.js";
import { litesvmEngine } from "../../../src/local/engine/litesvm/litesvm-engine.js";
import { TOKEN_PROGRAM } from "../../../src/local/engine/litesvm/programs.js";
import type { Engine } from "../../../src/local/in-page/index.js";
import { createLocalSimulator, generateLedger, startLocalSimulator, writeLedger } from "../../../src/local/index.js";
import type { LocalServerOptions } from "../../../src/local/server/simulator-options.js";
import { transactionSignature } from "../../../src/protocol/transaction-notification.js";
import { testFolder } from "../engine/ledger/ledger-folder.js";

describe("invalid options are refused by name", () => {
  test.for<[string, Record<string, unknown>]>([
    ["startSlot", { startSlot: -1 }],
    ["startSlot", { startSlot: 1.5 }],
    ["startSlot", { startSlot: 2n ** 64n }],
    ["slots", { slots: "many" }],
    ["slots", { startSlot: 2n ** 64n - 1n, slots: 2 }],
    ["skipRate", { skipRate: 1.1 }],
    ["skipRate", { skipRate: Number.NaN }],
    ["skipRate", { skipRate: Object.create(null) }],
    ["skipRate", { skipRate: { toString: 1 } }],
    ["transactionsPerSlot", { transactionsPerSlot: 0 }],
    ["transactionsPerSlot", { transactionsPerSlot: 2.5 }],
    ["slotDelayMs", { slotDelayMs: -1 }],
    ["discoveryLeadMs", { discoveryLeadMs: -1 }],
    ["parallelSessions", { parallelSessions: 0 }],
    ["parallelSessions", { parallelSessions: 1.5 }],
    ["parallelSessions", { parallelSessions: 257 }],
    ["bundleSlots", { bundleSlots: 0 }],
    ["replayOverlap", { replayOverlap: -1 }],
    ["apiKey", { apiKey: "" }],
    ["engine", { engine: "quantum" }],
    ["engine", { engine: { programs: [] } }],
    ["engine", { engine: null }],
  ])("the error for an invalid simulator option names the option %s: %o", ([field, options]) => {
    expect(() => createLocalSimulator(options as LocalServerOptions)).toThrow(
      expect.objectContaining({ code: "invalidParams", field }),
    );
  });

  test("the error for an unknown option names the option and the closest known name", async () => {
    const refusal = { code: "invalidParams", field: "slotDelay", message: expect.stringContaining("slotDelayMs") };
    expect(() => createLocalSimulator({ slotDelay: 5 } as LocalServerOptions)).toThrow(expect.objectContaining(refusal));
    await expect(startLocalSimulator({ slotDelay: 5 } as LocalServerOptions)).rejects.toMatchObject(refusal);
    const creating = litesvmEngine(generateLedger(), { isolate: "process" } as object);
    await expect(creating).rejects.toMatchObject({ code: "invalidParams", message: expect.stringContaining("isolation") });
  });

  test.for([-1, 65_536, 1.5])("the error for the invalid port %d names the option `port`", async (port) => {
    await expect(startLocalSimulator({ port })).rejects.toMatchObject({ code: "invalidParams", field: "port" });
  });
});

const CUSTOM: Engine = {
  programs: ["11111111111111111111111111111111"],
  bundles: [],
  open: () => Promise.reject(new Error("closed")),
};

describe('the engine "litesvm"', () => {
  test('for the engine "litesvm", createLocalSimulator throws an error that recommends startLocalSimulator', () => {
    expect(() => createLocalSimulator({ engine: "litesvm" })).toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringContaining("startLocalSimulator") }),
    );
  });

  const plan = { startSlot: 500n, slots: 5, transactionsPerSlot: 3, seed: "named" };

  /** Runs a session to its end. Returns the signatures of its transactions, and the summary. */
  async function outcomeOf(options: LocalServerOptions): Promise<unknown[]> {
    await using simulator = await startLocalSimulator(options);
    const client = new BacktestClient({ url: simulator.url });
    onTestFinished(() => client.close());
    await using session = await client.startSession({ startSlot: 500n, endSlot: 504n, sendSummary: true });
    session.subscribeTransactions([TOKEN_PROGRAM]);
    const seen: unknown[] = [];
    for await (const event of session.run()) {
      if (event.type === "transaction") seen.push(transactionSignature(event.transaction));
      if (event.type === "completed") seen.push(event.summary);
    }
    return seen;
  }

  test('the engine "litesvm" executes a generated ledger, or a ledger in a folder', async () => {
    const folder = join(await testFolder(), "ledger");
    const made = await outcomeOf({ engine: "litesvm", ...plan });
    expect(made.at(-1)).toMatchObject({ correctSimulation: 15, incorrectSimulation: 0 });
    expect(made.length).toBeGreaterThan(5);
    const { slots: _, ...ledgerPlan } = plan;
    await writeLedger(folder, generateLedger({ ...ledgerPlan, endSlot: 504n, skipRate: 0 }));
    const read = await outcomeOf({ engine: "litesvm", ledger: folder });
    expect(read).toEqual(made);
    expect(await outcomeOf({ engine: "litesvm", ...plan, seed: "another" })).not.toEqual(made);
  });

  test.for<[string, LocalServerOptions]>([
    ["transactionsPerSlot", { engine: "litesvm", transactionsPerSlot: 0 }],
    ["startSlot", { engine: "litesvm", startSlot: -1n }],
    ["ledger", { ledger: "captured" }],
    ["ledger", { engine: "synthetic", ledger: "captured" }],
    ["isolation", { isolation: "process" }],
    ["isolation", { engine: "litesvm", isolation: "thread" as "process" }],
    ["isolation", { engine: CUSTOM, isolation: "process" }],
    ["vmTimeoutMs", { engine: "litesvm", isolation: "process", vmTimeoutMs: 0 }],
    ["vmTimeoutMs", { engine: "litesvm", vmTimeoutMs: 1_000 }],
    ["vmTimeoutMs", { engine: CUSTOM, vmTimeoutMs: 1_000 }],
  ])("the error of startLocalSimulator names the invalid engine option %s (options: %o)", async ([field, options]) => {
    await expect(startLocalSimulator(options)).rejects.toMatchObject({ code: "invalidParams", field });
  });

  test("the option `isolation` is refused for a ledger object that cannot be sent to a process", async () => {
    const ledger = generateLedger({ startSlot: 500n, endSlot: 504n });
    const own = { ...ledger, programs: ledger.programs, begin: ledger.begin, blockFrom: ledger.blockFrom, timeOf: ledger.timeOf };
    await expect(litesvmEngine(own, { isolation: "process" })).rejects.toMatchObject({
      code: "invalidParams",
      field: "isolation",
    });
  });

  test('the error of the engine "litesvm" for an incomplete ledger folder names the missing file', async () => {
    const starting = startLocalSimulator({ engine: "litesvm", ledger: join(await testFolder(), "none") });
    await expect(starting).rejects.toMatchObject({ code: "invalidParams", message: expect.stringContaining("accounts.json") });
  });
});

test("the option `engine` accepts a custom engine", () => {
  expect(createLocalSimulator({ engine: CUSTOM }).programs).toBe(CUSTOM.programs);
});

test("`await using` closes a simulator at the end of its scope", async () => {
  const sim = createLocalSimulator();
  await sim[Symbol.asyncDispose]();
  const socket = new sim.WebSocket(sim.url);
  await new Promise((resolve) => socket.addEventListener("error", resolve));
  expect(socket.readyState).toBe(socket.CLOSED);
});

import { expect, test } from "vitest";
import { createLocalSimulator } from "../../src/local/in-page/index.js";
import { expectExactlyOnce, runThroughFaults } from "./fault-run.js";

const START = 300_000_000n;

/** Another seed a day keeps the runs from being always the same. */
const seed = Math.floor(Date.now() / 86_400_000);

test("2,000 slots and 20,000 notifications through 50 random faults within a page: each once, none missing, in order", async () => {
  console.log(`fault run, seed ${seed}`);
  const simulator = createLocalSimulator({ seed, startSlot: START, transactionsPerSlot: 4, slotDelayMs: 1 });
  try {
    const { WebSocket, fetch } = simulator;
    const run = await runThroughFaults(simulator, START, { seed, slots: 2_000, faults: 50, client: { WebSocket, fetch } });
    console.log(JSON.stringify({ notifications: run.notifications, struck: run.struck, reconnects: run.reconnects }));
    expectExactlyOnce(run);
    expect(run.notifications).toBeGreaterThanOrEqual(20_000);
  } finally {
    await simulator.close();
  }
}, 120_000);

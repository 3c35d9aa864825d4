import { expect, test } from "vitest";
import { createLocalSimulator } from "../../src/local/in-page/index.js";
import { expectExactlyOnce, runThroughFaults } from "./fault-run.js";

const START = 300_000_000n;

/** A new seed each day, so that the runs differ. */
const seed = Math.floor(Date.now() / 86_400_000);

test("in a page, a session delivers 20,000 notifications exactly once and in order despite 50 random faults", async () => {
  console.log(`fault run, seed ${seed}`);
  const simulator = createLocalSimulator({ seed, startSlot: START, transactionsPerSlot: 4, slotDelayMs: 1 });
  try {
    const { WebSocket, fetch } = simulator;
    const run = await runThroughFaults(simulator, START, { seed, slots: 2_000, faults: 50, client: { WebSocket, fetch } });
    console.log(JSON.stringify({ notifications: run.notifications, injected: run.injected, reconnects: run.reconnects }));
    expectExactlyOnce(run);
    expect(run.notifications).toBeGreaterThanOrEqual(20_000);
  } finally {
    await simulator.close();
  }
}, 120_000);

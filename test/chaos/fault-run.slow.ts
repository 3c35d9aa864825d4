import { expect, test } from "vitest";
import { startLocalSimulator } from "../../src/local/index.js";
import { expectExactlyOnce, runThroughFaults } from "./fault-run.js";

const START = 300_000_000n;

/** A new seed each day, so that the runs differ. FAULT_SEED repeats a run. */
const seed = Number(process.env.FAULT_SEED ?? Math.floor(Date.now() / 86_400_000));

test("a session delivers 20,000 notifications of 2,000 slots exactly once and in order through 50 random faults on real sockets", async () => {
  console.log(`fault run, seed ${seed}`);
  const simulator = await startLocalSimulator({ seed, startSlot: START, transactionsPerSlot: 4, slotDelayMs: 1 });
  try {
    const run = await runThroughFaults(simulator, START, { seed, slots: 2_000, faults: 50 });
    console.log(JSON.stringify({ notifications: run.notifications, injected: run.injected, reconnects: run.reconnects }));
    expectExactlyOnce(run);
    expect(run.notifications).toBeGreaterThanOrEqual(20_000);
  } finally {
    await simulator.close();
  }
}, 120_000);

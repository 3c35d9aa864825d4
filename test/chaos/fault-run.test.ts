import { expect, test } from "vitest";
import { startLocalSimulator } from "../../src/local/index.js";
import { expectExactlyOnce, runThroughFaults } from "./fault-run.js";

const START = 300_000_000n;

/** Another seed a day keeps the runs from being always the same; FAULT_SEED has one again. */
const seed = Number(process.env.FAULT_SEED ?? Math.floor(Date.now() / 86_400_000));

test("2,000 slots and 20,000 notifications through 50 random faults over real sockets: each once, none missing, in order", async () => {
  console.log(`fault run, seed ${seed}`);
  const simulator = await startLocalSimulator({ seed, startSlot: START, transactionsPerSlot: 4, slotDelayMs: 1 });
  try {
    const run = await runThroughFaults(simulator, START, { seed, slots: 2_000, faults: 50 });
    console.log(JSON.stringify({ notifications: run.notifications, struck: run.struck, reconnects: run.reconnects }));
    expectExactlyOnce(run);
    expect(run.notifications).toBeGreaterThanOrEqual(20_000);
  } finally {
    await simulator.close();
  }
}, 120_000);

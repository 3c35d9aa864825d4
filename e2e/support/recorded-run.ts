import { MemoryRecord, record } from "../../dist/compare.js";
import { BacktestClient } from "../../dist/index.js";
import { createLocalSimulator } from "../../dist/local.js";

/** The Token program, which each generated ledger has. */
export const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const START_SLOT = 300_000_000n;

/** Records a run of a local simulator. @param seed the seed of its ledger @returns the file that the command `run --out` would write */
export async function recordRun(slots: number, seed: string): Promise<string> {
  const simulator = createLocalSimulator({ seed, slots, startSlot: START_SLOT, transactionsPerSlot: 4, skipRate: 0.05 });
  const client = new BacktestClient({
    url: simulator.url,
    WebSocket: simulator.WebSocket,
    fetch: simulator.fetch,
    logger: false,
  });
  const session = await client.startSession({ startSlot: START_SLOT, slotCount: slots });
  session.subscribeTransactions([TOKEN]);
  const memory = new MemoryRecord();
  const header = {
    startSlot: START_SLOT,
    endSlot: START_SLOT + BigInt(slots - 1),
    programs: [TOKEN],
    streams: ["transaction"],
  };
  await record(session, memory, { header });
  await client.close();
  await simulator.close();
  return memory.lines.join("");
}

// @ts-check
// `node run-ledger.mjs FOLDER|-`: runs a made-up ledger with the litesvm engine, or the one in a folder, and prints what its client
// was told, stream by stream, one event a line.
import { BacktestClient } from "../../dist/index.js";
import { startLocalSimulator } from "../../dist/local.js";

const [folder = "-"] = process.argv.slice(2);
const ledger =
  folder === "-" ? { seed: "twice", startSlot: 1_001n, slots: 38, transactionsPerSlot: 8, skipRate: 0.2 } : { ledger: folder };
const simulator = await startLocalSimulator({ engine: "litesvm", ...ledger });
const client = new BacktestClient({ url: simulator.url });
const session = await client.startSession({ startSlot: 1_001n, endSlot: 1_039n, sendSummary: true });
// One after the other in both processes: which programs a folder's ledger names first is its own business.
for (const program of [...simulator.programs].sort()) {
  session.subscribeTransactions([program]);
  session.subscribeAccountDiffs([program]);
}
/** @type {Map<string, string[]>} */
const streams = new Map();
for await (const event of session.run()) {
  if (event.type === "status" || event.type === "continuity") continue;
  const stream = `${event.type} ${"program" in event ? event.program : ""}`;
  const text = JSON.stringify(event, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
  streams.set(stream, [...(streams.get(stream) ?? []), text]);
}
await client.close();
await simulator.close();
for (const stream of [...streams.keys()].sort()) process.stdout.write(`${streams.get(stream)?.join("\n")}\n`);

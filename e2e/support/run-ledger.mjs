// @ts-check
// `node run-ledger.mjs FOLDER|- [process|none]`: runs a generated ledger (-) or one in a folder with the litesvm engine, in a VM process
// or without one. Prints the events of its client, stream by stream, one per line.
import { BacktestClient } from "../../dist/index.js";
import { startLocalSimulator } from "../../dist/local.js";

const [folder = "-", isolation] = process.argv.slice(2);
const ledger =
  folder === "-" ? { seed: "twice", startSlot: 1_001n, slots: 39, transactionsPerSlot: 8, skipRate: 0.2 } : { ledger: folder };
const simulator = await startLocalSimulator({
  engine: "litesvm",
  isolation: isolation === "process" ? isolation : "none",
  ...ledger,
});
const client = new BacktestClient({ url: simulator.url });
const session = await client.startSession({ startSlot: 1_001n, endSlot: 1_039n, sendSummary: true });
// Sorts the programs, because a generated ledger and a ledger read from a folder list the programs in different orders.
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

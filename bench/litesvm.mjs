// `node bench/litesvm.mjs [SLOTS] [TRANSACTIONS]` measures how long the litesvm engine takes for a ledger of real transactions, and
// how this time is spent. It measures the engine alone, a session without subscriptions, and a session with subscriptions,
// uncompressed and compressed. The client of a session is a separate process, so its time is not measured.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { BacktestClient } from "../dist/index.js";
import { generateLedger, litesvmEngine, startLocalSimulator } from "../dist/local.js";
import { timeNative } from "./native-stopwatch.mjs";

const IS_CLIENT = process.argv[2] === "client";
const [SLOTS, TRANSACTIONS] = IS_CLIENT
  ? [BigInt(process.argv[3]), 0]
  : [BigInt(process.argv[2] ?? 1_000), Number(process.argv[3] ?? 20)];
const START = 300_000_000n;
const END = START + SLOTS - 1n;
const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

const newLedger = () =>
  generateLedger({ seed: "bench", startSlot: START, endSlot: END, skipRate: 0, transactionsPerSlot: TRANSACTIONS });

async function engineAlone() {
  const engine = await litesvmEngine(newLedger());
  const session = await engine.open({ startSlot: START, endSlot: END });
  const seen = { transactions: 0, diffs: 0, lines: 0 };
  for (let block = await session.currentBlock(); block !== undefined; block = await session.currentBlock()) {
    for (let batch = 0; batch < block.batches; batch++) {
      for (const { meta, diffs } of await session.executeBatch()) {
        seen.transactions++;
        seen.diffs += diffs.length;
        seen.lines += meta.logMessages.length;
      }
    }
    await session.finishBlock();
  }
  return { ...seen, ...(await session.summary()) };
}

/** The message that a client process receives from the benchmark. @typedef {{ url: string, programs: readonly string[], compression: "none" | "zstd" | undefined }} Order */

/** Runs a session in the client process. If `compression` is `undefined`, the session has no subscriptions. @param {Order} order */
async function runClient({ url, programs, compression }) {
  const client = new BacktestClient({ url, ...(compression !== undefined && { compression }) });
  const session = await client.startSession({ startSlot: START, endSlot: END, sendSummary: true });
  if (compression !== undefined) {
    session.subscribeTransactions([...programs]);
    session.subscribeAccountDiffs([TOKEN_PROGRAM]);
  }
  const seen = { transactions: 0, diffs: 0 };
  let summary;
  for await (const event of session.run({ step: SLOTS })) {
    if (event.type === "transaction") seen.transactions++;
    else if (event.type === "accountDiff") seen.diffs++;
    else if (event.type === "completed") summary = event.summary;
  }
  await client.close();
  return { ...seen, ...summary };
}

/** @param {Order["compression"]} compression */
async function overSockets(compression) {
  const simulator = await startLocalSimulator({ engine: await litesvmEngine(newLedger()), record: false });
  const client = fork(fileURLToPath(import.meta.url), ["client", String(SLOTS)]);
  client.send({ url: simulator.url, programs: simulator.programs, compression });
  const result = await new Promise((resolve, reject) => {
    client.once("message", resolve);
    client.once("exit", (code) => reject(new Error(`the client ended with ${code}`)));
  });
  await simulator.close();
  return result;
}

async function bench() {
  const watch = timeNative();
  for (const [name, run] of [
    ["engine alone", engineAlone],
    ["session", () => overSockets(undefined)],
    ["session with subscriptions", () => overSockets("none")],
    ["session with compressed subscriptions", () => overSockets("zstd")],
  ]) {
    watch.reset();
    const start = performance.now();
    const before = process.cpuUsage();
    const result = await run();
    const total = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    const each = ((total * 1000) / Number(SLOTS) / TRANSACTIONS).toFixed(0);
    console.log(
      `${name}: ${SLOTS} slots of ${TRANSACTIONS} transactions in ${(total / 1000).toFixed(1)} s, ${each} µs each; ${((user + system) / 1e6).toFixed(1)} s of processor time`,
    );
    watch.print(total);
    console.log(`  ${JSON.stringify(result)}`);
  }
}

if (IS_CLIENT) {
  process.once("message", async (order) => {
    process.send?.(await runClient(/** @type {Order} */ (order)));
    process.disconnect();
  });
} else await bench();

// `node bench/vm-processes.mjs [SLOTS] [TRANSACTIONS] [RUNS]` measures these ratios for the litesvm engine in one run:
// 1. The share of the VM in the engine's time. The engine reads a ledger from a folder and has no subscriptions.
// 2. The speed of two sessions relative to one session. Each of the two executes half of the ledger, in its own process.
// 3. The cost of subscriptions, uncompressed and compressed, relative to the engine alone.
// 4. The cost of a VM process: the processor time with isolation, relative to the processor time without isolation. Both runs have
//    subscriptions.
// Each ratio is the median of RUNS runs (default 5). Compared runs alternate, so that other load on the machine affects both.
import { fork } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BacktestClient } from "../dist/index.js";
import { generateLedger, litesvmEngine, readLedger, startLocalSimulator, writeLedger } from "../dist/local.js";
import { timeNative } from "./native-stopwatch.mjs";

const [SLOTS, TRANSACTIONS, RUNS] = [1_000, 20, 5].map((value, index) => Number(process.argv[index + 2] ?? value));
const START = 300_000_000n;
const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
/** The processor times in /proc are in ticks. A second has 100 ticks. */
const TICKS = 100;

const newLedger = () =>
  generateLedger({ seed: "bench", startSlot: START, endSlot: START + BigInt(SLOTS - 1), transactionsPerSlot: TRANSACTIONS });

/** Executes a range to its end, and keeps the results in memory like a session. @param {any} engine */
async function execute(engine, first = 0, last = SLOTS - 1) {
  const session = await engine.open({ startSlot: START + BigInt(first), endSlot: START + BigInt(last) });
  const results = [];
  for (let block = await session.currentBlock(); block !== undefined; block = await session.currentBlock()) {
    for (let batch = 0; batch < block.batches; batch++) results.push(...(await session.executeBatch()));
    await session.finishBlock();
  }
  await session.close?.();
  return results.length;
}

/** @param {() => Promise<unknown>} run */
async function millisecondsOf(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
/** @param {readonly number[]} values */
const spread = (values) => `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;

async function shareOfVm() {
  const folder = join(mkdtempSync(join(tmpdir(), "vm-bench-")), "ledger");
  await writeLedger(folder, newLedger());
  const watch = timeNative();
  const shares = [];
  // The first run is not measured, because the code is not compiled yet.
  for (let run = -1; run < RUNS; run++) {
    const engine = await litesvmEngine(await readLedger(folder));
    watch.reset();
    const total = await millisecondsOf(() => execute(engine));
    if (run >= 0) shares.push(watch.vm / total);
  }
  rmSync(folder, { recursive: true });
  console.log(`share of the VM, ledger from a folder: ${median(shares).toFixed(2)} (${spread(shares)})`);
}

async function twoSessions() {
  const engine = await litesvmEngine(newLedger(), { isolation: "process" });
  const half = SLOTS >> 1;
  const ratios = [];
  for (let run = 0; run < RUNS; run++) {
    const one = await millisecondsOf(() => execute(engine));
    const two = await millisecondsOf(() => Promise.all([execute(engine, 0, half - 1), execute(engine, half)]));
    ratios.push(one / two);
  }
  console.log(`two sessions to one, a process each: ${median(ratios).toFixed(2)} times as fast (${spread(ratios)})`);
}

/** Returns the processor time of a process, in seconds. Linux only. @param {number} pid */
function processorTime(pid) {
  const [user = 0, system = 0] =
    readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ").slice(11, 13).map(Number) ?? [];
  return (user + system) / TICKS;
}

/** Returns the ids of the processes that this process has started. @returns {number[]} */
function children() {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === String(process.pid);
    } catch {
      return false;
    }
  });
}

/** @param {"none" | "process"} isolation @param {"none" | "zstd"} compression */
async function withSubscriptions(isolation, compression = "none") {
  const simulator = await startLocalSimulator({ engine: await litesvmEngine(newLedger(), { isolation }), record: false });
  const client = fork(fileURLToPath(import.meta.url), process.argv.slice(2), { env: { ...process.env, BENCH_CLIENT: "1" } });
  const others = new Set(children());
  const before = process.cpuUsage();
  const start = performance.now();
  const finished = new Promise((resolve, reject) => {
    client.once("message", resolve);
    client.once("exit", (code) => reject(new Error(`the client ended with ${code}`)));
  });
  client.send({ url: simulator.url, programs: simulator.programs, compression });
  const received = await finished;
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const vm = children().filter((pid) => !others.has(pid));
  const result = { wall, simulator: (user + system) / 1e6, vm: vm.reduce((sum, pid) => sum + processorTime(pid), 0), received };
  client.disconnect();
  await simulator.close();
  return result;
}

async function costOfSubscriptions() {
  const none = [];
  const isolated = [];
  /** The time of a session with subscriptions, divided by the time of the engine alone. The keys are the compressions. @type {{ none: number[], zstd: number[] }} */
  const relative = { none: [], zstd: [] };
  for (let run = 0; run < RUNS; run++) {
    const engine = await litesvmEngine(newLedger());
    const alone = (await millisecondsOf(() => execute(engine))) / 1000;
    const plain = await withSubscriptions("none");
    none.push(plain);
    relative.none.push(plain.wall / alone);
    relative.zstd.push((await withSubscriptions("none", "zstd")).wall / alone);
    isolated.push(await withSubscriptions("process"));
  }
  for (const [compression, ratios] of Object.entries(relative)) {
    console.log(
      `time with subscriptions, compression ${compression}, to the engine alone: ${median(ratios).toFixed(2)} (${spread(ratios)})`,
    );
  }
  /** @param {typeof none} results @param {"wall" | "simulator" | "vm"} member */
  const of = (results, member) => median(results.map((result) => result[member]));
  const total = of(isolated, "simulator") + of(isolated, "vm");
  for (const [name, results] of Object.entries({ none, process: isolated })) {
    const [wall, simulator, vm] = ["wall", "simulator", "vm"].map((member) =>
      of(results, /** @type {"wall"} */ (member)).toFixed(2),
    );
    console.log(
      `with subscriptions, isolation ${name}: ${wall} s; processor time of the simulator ${simulator} s, of the VM process ${vm} s`,
    );
  }
  const ratio = (/** @type {number} */ value) => (value / of(none, "simulator")).toFixed(2);
  console.log(`process to none: processor time of the simulator ${ratio(of(isolated, "simulator"))}, of both ${ratio(total)}`);
}

/** Runs in a separate client process, so that the measurement contains only the simulator. */
async function runClient() {
  const [order] = await new Promise((resolve) => process.once("message", (...order) => resolve(order)));
  const client = new BacktestClient({ url: order.url, compression: order.compression });
  const session = await client.startSession({ startSlot: START, endSlot: START + BigInt(SLOTS - 1) });
  session.subscribeTransactions([...order.programs]);
  session.subscribeAccountDiffs([TOKEN_PROGRAM]);
  let received = 0;
  for await (const { type } of session.run({ step: BigInt(SLOTS) })) {
    if (type === "transaction" || type === "accountDiff") received++;
    // Reports the end of the run before the session is closed. The benchmark can then measure the VM process of the session.
    if (type === "completed") process.send?.(received);
  }
  await client.close();
}

if (process.env.BENCH_CLIENT !== undefined) await runClient();
else {
  console.log(
    `${SLOTS} slots of ${TRANSACTIONS} transactions, median of ${RUNS} (lowest to highest); load ${loadavg()[0]?.toFixed(1)}`,
  );
  await shareOfVm();
  await twoSessions();
  await costOfSubscriptions();
}

// A client for a hostile server, in a process with a small heap. Prints the outcome and the used memory as one JSON line.
//
//   node --max-old-space-size=512 hostile-client.mjs URL TASK
//
// The process ends when its task has ended, or when its standard input is closed.
import { BacktestClient, isSimulatorError } from "../../dist/index.js";

const [url, task] = process.argv.slice(2);
const PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const CREATE = { startSlot: 100, endSlot: 200 };

let mostResident = 0;
const look = setInterval(() => {
  mostResident = Math.max(mostResident, process.memoryUsage.rss());
}, 20);

const client = new BacktestClient({
  url,
  apiKey: "key",
  logger: false,
  compression: task.endsWith("compressed") ? "zstd" : "none",
  timeouts: { initialConnectMs: 2_000, connectMs: 2_000, handshakeMs: 2_000, parallelCreateMs: 2_000, closeMs: 300 },
  reconnect: { initialBackoffMs: 20, maxBackoffMs: 50, maxAttempts: 4 },
});

const stopped = new Promise((resolve) => {
  process.stdin.on("end", () => resolve("stopped"));
  process.stdin.resume();
});

async function session() {
  const session = await client.startSession(CREATE);
  session.subscribeTransactions([PROGRAM]);
  session.subscribeAccountDiffs([PROGRAM]);
  return session;
}

const TASKS = {
  /** A client without a consumer: nothing reads its events. */
  idle: async () => (await session()).closed,
  /** A client whose consumer reads every event. */
  run: async () => {
    let events = 0;
    for await (const _ of (await session()).run()) events++;
    return { events };
  },
  listeners: async () => {
    const started = await session();
    started.on("unrecognized", () => {});
    started.on("transaction", () => {});
    return started.closed;
  },
  parallel: async () => (await client.startParallelSession(CREATE)).closed,
  ranges: () => client.availableRanges(),
  usage: async () => {
    let sessions = 0;
    for await (const _ of client.usageSessions()) sessions++;
    return { sessions };
  },
  rpc: async () => (await session()).modifyAccounts({}),
  bundle: () => client.buildBundle({ startSlot: 1, endSlot: 2 }),
};
const [name] = task.split(" ");

async function attempt() {
  try {
    const value = await TASKS[name]();
    return value?.reason === "failed" ? describe(value.error) : "ended";
  } catch (error) {
    return describe(error);
  }
}

function describe(error) {
  return isSimulatorError(error) ? `${error.code}: ${error.message.slice(0, 200)}` : `not a SimulatorError: ${error?.stack}`;
}

const outcome = await Promise.race([attempt(), stopped]);
await client.close();
clearInterval(look);
process.stdout.write(`${JSON.stringify({ outcome, mostResident })}\n`, () => process.exit(0));

// `npm run bench` measures how many account diffs per second a managed session delivers. For comparison, it measures two simpler
// clients. One uses `ws` and `JSON.parse`, which rounds u64. The other receives the messages, but does not parse them. The variants
// run one after the other in one process. Each client that parses messages reads two balances of every event.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { BacktestClient } from "../dist/index.js";

const CASES = [
  { name: "1.1 kB", count: 100_000, bytes: 1_100 },
  { name: "6 kB", count: 40_000, bytes: 6_000 },
];
const PAIRS = Number(process.env.BENCH_PAIRS ?? 5);
const PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

function startServer({ count, bytes }) {
  const child = fork(fileURLToPath(new URL("firehose-server.mjs", import.meta.url)), [String(count), String(bytes)]);
  return new Promise((resolve) => child.once("message", (message) => resolve({ child, ...message })));
}

/** Measures the upper limit: `ws` receives each frame as text, and nothing is parsed. */
function socketAlone(port) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/backtest/x`, { perMessageDeflate: false });
    let frames = 0;
    socket.on("error", reject);
    socket.on("open", () => socket.send('{"jsonrpc":"2.0","id":1,"method":"accountDiffSubscribe","params":[]}'));
    socket.on("message", (data) => {
      const text = data.toString();
      frames++;
      if (text.length > 200 || !text.includes("subscriptionComplete")) return;
      socket.terminate();
      // Subtracts two frames that are not events: the acknowledgement, and the end of the subscription.
      resolve({ events: frames - 2, rises: 0 });
    });
  });
}

/** Measures a client that has only `ws` and `JSON.parse`. */
function bare(port) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/backtest/x`, { perMessageDeflate: false });
    let events = 0;
    let rises = 0;
    socket.on("error", reject);
    socket.on("open", () => socket.send('{"jsonrpc":"2.0","id":1,"method":"accountDiffSubscribe","params":[]}'));
    socket.on("message", (data) => {
      const { method, params } = JSON.parse(data.toString());
      if (method === "accountDiffNotification") {
        const { pre, post } = params.result;
        events++;
        if (post.lamports > pre.lamports) rises++;
      } else if (method === "subscriptionComplete") {
        socket.terminate();
        resolve({ events, rises });
      }
    });
  });
}

async function managed(port, compression, consume) {
  const client = new BacktestClient({ url: `ws://127.0.0.1:${port}`, compression });
  const session = await client.startSession({ startSlot: 300_000_000n, slotCount: 10_000 });
  session.subscribeAccountDiffs([PROGRAM]);
  const seen = { events: 0, rises: 0 };
  const read = ({ diff: { pre, post } }) => {
    seen.events++;
    if (post.lamports > pre.lamports) seen.rises++;
  };
  await consume(session, read);
  await session.shutdown();
  return seen;
}

const byListener = (port, compression) =>
  managed(port, compression, async (session, read) => {
    session.on("accountDiff", read);
    await session.continue();
    await session.closed;
  });

const byIterator = (port, compression) =>
  managed(port, compression, async (session, read) => {
    await session.continue();
    for await (const event of session) if (event.type === "accountDiff") read(event);
  });

async function timed(run, count) {
  const started = performance.now();
  const { events, rises } = await run();
  const seconds = (performance.now() - started) / 1000;
  if (events !== count) throw new Error(`${events} events of ${count}`);
  return { rate: count / seconds, rises };
}

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const spread = (numbers, digits) => {
  const list = sorted(numbers);
  const median = list[Math.floor(list.length / 2)];
  return [list[0], median, list[list.length - 1]].map((value) => value.toFixed(digits)).join(" / ");
};

for (const bench of CASES) {
  const { child, port } = await startServer(bench);
  for (const [name, run] of [
    ["plain, listener", (to) => byListener(to, "none")],
    ["plain, iterator", (to) => byIterator(to, "none")],
    ["zstd, listener", (to) => byListener(to, "zstd")],
    ["zstd, iterator", (to) => byIterator(to, "zstd")],
  ]) {
    const rates = { ours: [], bare: [], socket: [] };
    for (let pair = -1; pair < PAIRS; pair++) {
      const ceiling = await timed(() => socketAlone(port), bench.count);
      const theirs = await timed(() => bare(port), bench.count);
      const ours = await timed(() => run(port), bench.count);
      if (ours.rises !== bench.count) throw new Error("a balance was rounded");
      if (pair < 0) continue;
      rates.ours.push(ours.rate);
      rates.bare.push(theirs.rate);
      rates.socket.push(ceiling.rate);
    }
    const ratioTo = (others) =>
      spread(
        rates.ours.map((rate, index) => rate / others[index]),
        2,
      );
    console.log(
      `${bench.name}, ${name}: ratio to bare ${ratioTo(rates.bare)} (min / median / max), to the socket alone ${ratioTo(rates.socket)}; ` +
        `ours ${spread(rates.ours, 0)}/s, bare ${spread(rates.bare, 0)}/s, socket alone ${spread(rates.socket, 0)}/s`,
    );
  }
  child.disconnect();
}
globalThis.gc?.();
const { rss, heapUsed } = process.memoryUsage();
console.log(`memory at the end: ${(rss / 2 ** 20).toFixed(0)} MiB resident, ${(heapUsed / 2 ** 20).toFixed(0)} MiB heap`);

// @ts-check
// `npm run bench:peers`: measures how 100 clients reconnect after they have lost their server, on a virtual clock, with 20 seeds. The
// output also has figures of other libraries. They are from version 0.1, with the same faults (docs/benchmarks.md).
import { BacktestClient } from "../../dist/index.js";
import { VirtualServer, VirtualTime } from "./virtual-platform.mjs";

const CLIENTS = 100;
const SEEDS = 20;
const BIN_MS = 100;
const DOWN_MS = 1_000;

/** Returns a generator of random numbers (mulberry32). @param {number} seed */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {VirtualServer} server @param {() => number} random @param {object} [options] */
async function startClient(server, random, options = {}) {
  const client = new BacktestClient({
    url: "ws://server.test",
    logger: false,
    platform: /** @type {any} */ (server.platform(random)),
    ...options,
  });
  const session = client.startSession({ startSlot: 100, endSlot: 200 });
  return { client, session };
}

/**
 * Stops the server for 1 s, and measures how the clients reconnect.
 *
 * @returns `busiest`: the largest share of the clients that start to reconnect in one interval of 100 ms. `late`: the mean time
 *   from the restart of the server until a client receives a slot event, in ms
 */
async function measureLoss(/** @type {number} */ seed) {
  const time = new VirtualTime();
  const server = new VirtualServer(time);
  const random = seeded(seed);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => startClient(server, random)));
  await time.run(1_000);
  const sessions = await Promise.all(clients.map(({ session }) => session));
  const lostAt = time.now;
  const backAt = lostAt + DOWN_MS;
  /** @type {number[]} */
  const first = [];
  /** @type {number[]} */
  const delivered = [];
  for (const session of sessions) {
    let hasTried = false;
    session.on("connection", ({ channel, status }) => {
      if (channel !== "control" || status.state !== "down" || status.phase !== "connecting" || hasTried) return;
      hasTried = true;
      first.push(time.now - lostAt);
    });
    session.once("slot", () => delivered.push(time.now - backAt));
  }
  server.stop();
  time.add(() => {
    server.isUp = true;
  }, DOWN_MS);
  await time.run(lostAt + 60_000, () => delivered.length === CLIENTS);
  const bins = new Map();
  for (const at of first) bins.set(Math.floor(at / BIN_MS), (bins.get(Math.floor(at / BIN_MS)) ?? 0) + 1);
  const closing = clients.map(({ client }) => client.close());
  await time.run(time.now + 60_000);
  await Promise.all(closing);
  if (first.length !== CLIENTS || delivered.length !== CLIENTS) throw new Error(`only ${delivered.length} clients came back`);
  return { busiest: Math.max(...bins.values()) / CLIENTS, late: delivered.reduce((sum, ms) => sum + ms, 0) / CLIENTS };
}

/** Measures the time from the last frame of a silent server until the client drops the connection, in ms. @param {object} liveness */
async function measureSilence(liveness) {
  const time = new VirtualTime();
  const server = new VirtualServer(time);
  const { client, session } = await startClient(server, () => 0.5, { liveness });
  await time.run(100);
  const started = await session;
  let lostAt = 0;
  started.on("connection", ({ status }) => {
    if (status.state === "down") lostAt ||= time.now;
  });
  await time.run(10_000);
  server.isSilent = true;
  await time.run(time.now + 120_000, () => lostAt > 0);
  server.isSilent = false;
  const closing = client.close();
  await time.run(time.now + 60_000);
  await closing;
  return lostAt - server.lastSentAt;
}

/** @type {Awaited<ReturnType<typeof measureLoss>>[]} */
const results = [];
for (let seed = 1; seed <= SEEDS; seed++) results.push(await measureLoss(seed));
/** @param {"busiest" | "late"} name */
const mean = (name) => results.reduce((sum, result) => sum + result[name], 0) / SEEDS;
const worst = Math.max(...results.map(({ busiest }) => busiest));

console.log(`${CLIENTS} clients lose one server, mean of ${SEEDS} seeds`);
console.table({
  "simulator-client": {
    "busiest 100 ms": `${(mean("busiest") * 100).toFixed(1)} % (at most ${Math.round(worst * 100)} %)`,
    "first message, s": (mean("late") / 1000).toFixed(2),
  },
  "simulator-client 0.1": { "busiest 100 ms": "30 %", "first message, s": "0.91" },
  "graphql-ws": { "busiest 100 ms": "7 %", "first message, s": "" },
  "Socket.IO": { "busiest 100 ms": "16 %", "first message, s": "" },
  centrifuge: { "busiest 100 ms": "", "first message, s": "0.65" },
});
for (const [pingIntervalMs, deadlineMs] of /** @type {[number, number][]} */ ([
  [2_000, 6_000],
  [5_000, 6_000],
  [15_000, 45_000],
  [60_000, 45_000],
])) {
  const ms = await measureSilence({ pingIntervalMs, deadlineMs });
  console.log(
    `silence with a ping every ${pingIntervalMs / 1000} s and a deadline of ${deadlineMs / 1000} s: noticed after ${(ms / 1000).toFixed(1)} s`,
  );
}

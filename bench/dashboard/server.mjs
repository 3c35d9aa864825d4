// @ts-check
// The server of the dashboard bench, in its own process. The two streams of its session send a fixed number of notifications a
// second, also after a reconnect. Arguments: notifications a second, total notifications. It sends its address to its parent
// process.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const [rate = 20_000, total = 200_000] = process.argv.slice(2).map(Number);
const SESSION = `backtest_${"0".repeat(31)}1`;
const START_SLOT = 300_000_000;
/** Number of notifications per slot in each of the two streams. */
const PER_SLOT = 100;
const SLOTS = Math.ceil(total / 2 / PER_SLOT);
const TICK_MS = 8;
/** Maximum number of bytes that the server buffers for a socket before it waits. */
const BACKLOG = 1 << 20;
const PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const VARIANTS = 64;

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** @param {number} length @param {number} seed */
function base58(length, seed) {
  let text = "";
  for (let at = 0, state = seed + 1; at < length; at++) {
    state = (state * 48_271) % 2_147_483_647;
    text += ALPHABET[state % 58];
  }
  return text;
}

/** @param {number | bigint} lamports @param {string} data */
const account = (lamports, data) =>
  `{"lamports":${lamports},"data":["${data}","base64"],"owner":"${PROGRAM}","executable":false,"rentEpoch":18446744073709551615,"space":120}`;

// Prepared parts of account diffs. The slot, signature and index are inserted when a notification is sent.
const diffs = Array.from({ length: VARIANTS }, (_, index) => {
  const pre = Buffer.alloc(120, index);
  const post = Buffer.from(pre);
  post.writeUInt32LE(index * 7919, 64);
  return {
    account: base58(44, index),
    states: `"pre":${account(9_007_199_254_740_993n - BigInt(index), pre.toString("base64"))},"post":${account(2_000_000 + index, post.toString("base64"))}`,
  };
});
const metas = Array.from({ length: VARIANTS }, (_, index) => {
  const failed = index % 16 === 0;
  const logs = [
    `Program ${PROGRAM} invoke [1]`,
    "Program log: Instruction: Transfer",
    `Program ${PROGRAM} consumed ${4_000 + index} of 200000 compute units`,
    `Program ${PROGRAM} ${failed ? "failed: custom program error: 0x1" : "success"}`,
  ];
  const outcome = failed ? `{"InstructionError":[0,{"Custom":1}]}` : "null";
  return `"meta":{"err":${outcome},"status":${failed ? `{"Err":${outcome}}` : '{"Ok":null}'},"fee":5000,"computeUnitsConsumed":${4_000 + index},"preBalances":[${1e9 + index},2039280,2039280],"postBalances":[${1e9 + index - 5000},2039280,2039280],"innerInstructions":[],"logMessages":${JSON.stringify(logs)},"preTokenBalances":[],"postTokenBalances":[],"rewards":[],"loadedAddresses":{"writable":[],"readonly":[]}}`;
});

/** Returns the wire bytes of a transaction, in base64. Its first signature contains the index of the notification. @param {number} index */
function transactionBytes(index) {
  const bytes = Buffer.alloc(1 + 64 + 140);
  bytes[0] = 1;
  bytes.writeDoubleLE(index, 1);
  bytes.fill(index % 251, 9, 65);
  return bytes.toString("base64");
}

/** @param {number} index @param {number} subscription */
function diffText(index, subscription) {
  const slot = START_SLOT + Math.floor(index / PER_SLOT);
  const place = index % PER_SLOT;
  const { account, states } = /** @type {{ account: string, states: string }} */ (diffs[index % VARIANTS]);
  return `{"jsonrpc":"2.0","method":"accountDiffNotification","params":{"result":{"context":{"slot":${slot}},"account":"${account}","signature":"${signatureOf(index)}","tx_index":${place},"block_time":1760000000,${states}},"subscription":${subscription}}}`;
}

/** @param {number} index @param {number} subscription */
function transactionText(index, subscription) {
  const slot = START_SLOT + Math.floor(index / PER_SLOT);
  return `{"jsonrpc":"2.0","method":"transactionNotification","params":{"result":{"slot":${slot},"blockTime":1760000000,"transaction":["${transactionBytes(index)}","base64"],"version":"legacy","transactionIndex":${index % PER_SLOT},${metas[index % VARIANTS]}},"subscription":${subscription}}}`;
}

/** @param {number} index */
const signatureOf = (index) => `${String(index).replaceAll("0", "z").padStart(10, "1")}${base58(77, index % VARIANTS)}`;

/** Each stream sends its notifications up to this number. `tick` increases the number, at most to `allowed`. */
let executed = 0;
/** The limit of `executed`. Each continue request of the client raises this limit. */
let allowed = 0;
/** @type {((message: object) => void) | undefined} */
let say;
let lastTick = performance.now();
let isDone = false;

function tick() {
  const now = performance.now();
  const due = Math.min(Math.round(((now - lastTick) / 1000) * (rate / 2)), rate);
  lastTick = now;
  const before = Math.floor(executed / PER_SLOT);
  executed = Math.min(executed + due, allowed);
  const slots = Math.floor(executed / PER_SLOT);
  for (let slot = before; slot < slots; slot++) say?.({ method: "slotNotification", params: START_SLOT + slot });
  if (slots === SLOTS && !isDone) {
    isDone = true;
    say?.({ method: "completed", params: {} });
  } else if (executed === allowed && before < slots) say?.({ method: "readyForContinue" });
  for (const stream of streams) stream();
}

/** @type {Set<() => void>} */
const streams = new Set();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: () => "backtest" });
const server = createServer();
server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, request.url === "/backtest" ? drive : stream);
});

/** @param {import("ws").WebSocket} ws */
function drive(ws) {
  let sequence = 0;
  say = (response) => ws.send(JSON.stringify({ seqId: ++sequence, ...response }));
  ws.on("message", (data) => {
    const { method, params } = JSON.parse(String(data));
    if (method === "createBacktestSession") {
      say?.({ method: "sessionCreated", params: { session_id: SESSION, rpc_endpoint: `/backtest/${SESSION}` } });
      say?.({ method: "readyForContinue" });
    } else if (method === "continue") {
      const slots = Math.min(Number(params?.advance_count ?? SLOTS), SLOTS);
      allowed = Math.min(allowed + slots * PER_SLOT, SLOTS * PER_SLOT);
    } else if (method === "closeBacktestSession") {
      say?.({ method: "success" });
      ws.close(1000);
    }
  });
}

let subscriptions = 0;

/** @param {import("ws").WebSocket} ws */
function stream(ws) {
  ws.on("message", (data) => {
    const { id, method, params } = JSON.parse(String(data));
    if (method !== "accountDiffSubscribe" && method !== "transactionSubscribe") {
      // The client calls `getHealth` to check the connection. An error response is sufficient for this check.
      ws.send(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } }));
      return;
    }
    const subscription = ++subscriptions;
    const textOf = method === "accountDiffSubscribe" ? diffText : transactionText;
    let next = ((params?.[1]?.replayFromSlot ?? START_SLOT) - START_SLOT) * PER_SLOT;
    ws.send(JSON.stringify({ jsonrpc: "2.0", id, result: subscription }));
    const pour = () => {
      while (next < executed && ws.bufferedAmount < BACKLOG) ws.send(textOf(next++, subscription));
      if (next < SLOTS * PER_SLOT) return;
      streams.delete(pour);
      ws.send(`{"jsonrpc":"2.0","method":"subscriptionComplete","params":{"subscription":${subscription}}}`);
    };
    streams.add(pour);
    ws.on("close", () => streams.delete(pour));
  });
}

setInterval(tick, TICK_MS);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ url: `ws://127.0.0.1:${typeof address === "object" ? address?.port : 0}/backtest`, program: PROGRAM });
});
process.on("disconnect", () => process.exit(0));

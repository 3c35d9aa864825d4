// The server of the firehose benchmark, in its own process. Its frames are prepared before the run, so that the server is not the
// bottleneck.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { Zstd } from "@hpcc-js/wasm-zstd";
import { WebSocketServer } from "ws";
import { accountDiffText, chunks, frame } from "./firehose-frames.mjs";

const [count, bytes] = process.argv.slice(2).map(Number);
const SUBSCRIPTION = 1;
const SESSION = `backtest_${"0".repeat(31)}1`;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;

const texts = Array.from({ length: count }, (_, index) => Buffer.from(accountDiffText(index, bytes, SUBSCRIPTION)));
const plain = chunks(texts.map((text) => frame(text, TEXT)));
const compressed = chunks(await compress());
const complete = frame(
  Buffer.from(`{"jsonrpc":"2.0","method":"subscriptionComplete","params":{"subscription":${SUBSCRIPTION}}}`),
  TEXT,
);

/** Compresses all frames in the format of the service: one stream per connection, with level 3, flushed after each message. */
async function compress() {
  const zstd = await Zstd.load();
  zstd.reset();
  zstd.setCompressionLevel(3);
  return texts.map((text) => frame(Buffer.from(zstd.compressChunk(text)), BINARY));
}

const server = createServer();
const control = new WebSocketServer({ noServer: true, handleProtocols: () => "backtest" });
server.on("upgrade", (request, socket, head) => {
  if (request.url === "/backtest") control.handleUpgrade(request, socket, head, drive);
  else void stream(request, socket);
});

function drive(socket) {
  let sequence = 0;
  const respond = (response) => socket.send(JSON.stringify({ seqId: ++sequence, ...response }));
  socket.on("message", (data) => {
    const { method } = JSON.parse(data.toString());
    if (method === "createBacktestSession") {
      respond({ method: "sessionCreated", params: { session_id: SESSION, rpc_endpoint: `/backtest/${SESSION}` } });
      respond({ method: "readyForContinue" });
    } else if (method === "continue") {
      respond({ method: "completed", params: {} });
    } else if (method === "closeBacktestSession") {
      respond({ method: "success" });
      socket.close(1000);
    }
  });
}

/** Answers the subscribe request, and then writes all frames, compressed if the request asks for it. */
async function stream(request, socket) {
  const key = request.headers["sec-websocket-key"];
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on("error", () => {});
  const subscribe = await new Promise((resolve) => socket.once("data", resolve));
  // Sends a close frame in response to the client's close frame, because the client waits for it.
  socket.once("data", () => socket.end(frame(Buffer.from([0x03, 0xe8]), CLOSE)));
  socket.write(frame(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${SUBSCRIPTION}}`), TEXT));
  for (const chunk of asksForZstd(subscribe) ? compressed : plain) {
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once("drain", resolve));
  }
  socket.write(complete);
}

/** Whether a frame requests compression. Frames from a client are masked (RFC 6455, 5.3). */
function asksForZstd(masked) {
  const lengthBits = masked[1] & 0x7f;
  const maskAt = lengthBits < 126 ? 2 : 4;
  const mask = masked.subarray(maskAt, maskAt + 4);
  const payload = masked.subarray(maskAt + 4).map((byte, index) => byte ^ mask[index % 4]);
  return payload.toString().includes('"zstd"');
}

server.listen(0, "127.0.0.1", () =>
  process.send?.({ port: server.address().port, bytes: texts.reduce((sum, text) => sum + text.length, 0) }),
);
process.on("disconnect", () => process.exit(0));

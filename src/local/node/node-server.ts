import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { invalidParams, SimulatorError } from "../../protocol/simulator-error.js";
import type { Faults } from "../link/faults.js";
import type { Frame, Peer, PeerEvents } from "../link/peer.js";
import { SUBPROTOCOL } from "../server/access-control.js";
import { answerHttp } from "../server/http-handler.js";
import { Simulator } from "../server/simulator.js";
import { type LocalServerOptions, readOptions } from "../server/simulator-options.js";
import { withAsyncDispose } from "../server/with-async-dispose.js";
import type { SimulatorRecord } from "../session/simulator-record.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { FrameBatch } from "./frame-batch.js";
import { withLitesvm } from "./litesvm-options.js";

/** A simulator that listens on a port of this machine. */
export interface LocalSimulator {
  /** The control channel's: `ws://127.0.0.1:PORT/backtest`. */
  readonly url: string;
  /** The HTTP base: `http://127.0.0.1:PORT`. */
  readonly httpUrl: string;
  /** Addresses of the programs that the ledger's transactions invoke; the first one is invoked in every block. */
  readonly programs: readonly string[];
  readonly faults: Faults;
  /** What it did, to compare with what a client saw. */
  readonly record: SimulatorRecord;
  /** Cuts every connection, ends every session, and gives the port back. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a simulator on a port: the same protocol as the service's, over real sockets. Node.js only.
 *
 * @throws SimulatorError `invalidParams`, also for a file of `ledger`; `unsupported` for an engine that isn't there; `unreachable` if
 * the port can't be had
 * @example
 * const sim = await startLocalSimulator({ engine: "litesvm", startSlot: 100, slots: 50 });
 * const client = new BacktestClient({ url: sim.url });
 */
export async function startLocalSimulator(options: LocalServerOptions = {}): Promise<LocalSimulator> {
  const { port = 0, host = "127.0.0.1" } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw invalidParams("port", "expected a whole number from 0 to 65,535");
  const simulator = new Simulator(readOptions(await withLitesvm(options)));
  const server = createServer((request, response) => void handleRequest(simulator, request, response));
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LIMITS.frameBytes,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  server.on("upgrade", (request, socket, head) => handleUpgrade(simulator, sockets, request, socket, head));
  // The server's own list leaves out what was upgraded, and a closing handshake may never be answered.
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await listen(server, port, host);

  const { port: opened } = server.address() as AddressInfo;
  const authority = `${host.includes(":") ? `[${host}]` : host}:${opened}`;
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    await simulator.close();
    for (const socket of open) socket.destroy();
    await closed;
  };
  return withAsyncDispose({
    url: `ws://${authority}/backtest`,
    httpUrl: `http://${authority}`,
    programs: simulator.settings.engine.programs,
    faults: simulator.faults,
    record: simulator.record,
    close,
  });
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "it is in use: take another one, or 0 for any that is free" : cause.message;
      reject(new SimulatorError("unreachable", `cannot listen on ${host}, port ${port}: ${why}`, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
}

function headersOf({ headers }: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}

async function handleRequest(simulator: Simulator, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request).catch(() => undefined);
  if (body === undefined) return void response.destroy();
  const headers = headersOf(request);
  const answer =
    body === "too long"
      ? { status: 413, headers: { connection: "close" }, body: `a body has at most ${LIMITS.bodyBytes} bytes` }
      : await answerHttp(simulator, { method: request.method ?? "GET", target: request.url ?? "/", headers, body: body.text });
  response.writeHead(answer.status, answer.headers);
  response.end(request.method === "HEAD" ? "" : answer.body);
}

async function readBody(request: IncomingMessage): Promise<{ text: string } | "too long"> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LIMITS.bodyBytes) return "too long";
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString("utf8") };
}

function handleUpgrade(
  simulator: Simulator,
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const offered = request.headers["sec-websocket-protocol"]?.split(",").map((protocol) => protocol.trim()) ?? [];
  const answer = simulator.upgrade({ target: request.url ?? "/", headers: headersOf(request), protocols: offered });
  if ("refused" in answer) {
    const { refused, reason } = answer;
    socket.on("error", () => socket.destroy());
    socket.on("finish", () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${refused} ${STATUS_CODES[refused] ?? "Refused"}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length}\r\n\r\n${reason}`,
    );
    return;
  }
  sockets.handleUpgrade(request, socket, head, (ws) => {
    const peer = new NodePeer(ws, socket as Socket);
    peer.listen(answer.accept(peer));
  });
}

/** The server's end of a real WebSocket. */
class NodePeer implements Peer {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #frames: FrameBatch;
  #isBatching = false;

  constructor(ws: WebSocket, socket: Socket) {
    this.#ws = ws;
    this.#socket = socket;
    this.#frames = new FrameBatch((bytes) => {
      if (ws.readyState === ws.OPEN) socket.write(bytes);
    });
  }

  listen(events: PeerEvents): void {
    this.#ws.on("message", (data: Buffer, isBinary) => events.message(isBinary ? data : data.toString("utf8")));
    this.#ws.on("pong", () => events.alive());
    this.#ws.on("close", () => events.closed());
    // What is wrong with a connection shows in its close; an error that nobody listens to would end the process.
    this.#ws.on("error", () => this.#ws.terminate());
    this.#socket.on("drain", () => events.drained());
  }

  get bufferedAmount(): number {
    return this.#ws.bufferedAmount + this.#frames.bytes;
  }

  /**
   * Frames are laid out here and not by `ws`, which writes each of them by itself: that takes longer than all else that is
   * done for a notification. Whatever `ws` writes besides (pongs, the closing handshake) is whole frames too.
   */
  send(frame: Frame): void {
    this.#frames.push(frame);
    if (!this.#isBatching) this.#frames.flush();
  }

  batch(run: () => void): void {
    this.#isBatching = true;
    try {
      run();
    } finally {
      this.#isBatching = false;
      this.#frames.flush();
    }
  }

  close(code: number, reason: string): void {
    this.#frames.flush();
    this.#ws.close(code, reason);
  }

  terminate(): void {
    this.#frames.flush();
    this.#ws.terminate();
  }

  cut(frame: Frame): void {
    this.#frames.flush();
    const part = new FrameBatch((bytes) => {
      this.#socket.write(bytes.subarray(0, Math.max(3, bytes.length >>> 1)), () => this.#socket.destroy());
    });
    part.push(frame);
    part.flush();
  }

  deafen(): void {
    this.#ws.pause();
  }

  ping(): void {
    this.#ws.ping();
  }
}

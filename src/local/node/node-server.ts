import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { requireObject } from "../../protocol/arguments.js";
import { invalidParams, toText } from "../../protocol/error-helpers.js";
import { canonicalHost } from "../../protocol/host.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { type GeyserServer, startGeyserServer } from "../geyser/geyser-server.js";
import { isHostAllowed, SUBPROTOCOL } from "../server/access-control.js";
import { answerHttp } from "../server/http-handler.js";
import { readTarget } from "../server/request-target.js";
import { type RunningSimulator, runningSimulator } from "../server/running-simulator.js";
import type { HttpResponse } from "../server/service/http-message.js";
import { Simulator } from "../server/simulator.js";
import { type LocalServerOptions, readOptions } from "../server/simulator-options.js";
import type { SimulatorWatcher, WatchedRequest } from "../server/simulator-watcher.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { withLitesvm } from "./litesvm-options.js";
import { NodePeer } from "./node-peer.js";

/** A simulator that listens on a port of this machine: `ws://127.0.0.1:PORT/backtest`. */
export interface LocalSimulator extends RunningSimulator {
  /** URL of the Yellowstone gRPC service. Absent without the option `geyserPort`. */
  readonly geyserUrl?: string;
}

/**
 * Starts a simulator that listens on a port and provides the service's protocol over real sockets. Node.js only.
 *
 * @throws SimulatorError `invalidParams` for an option or a file of `ledger`; `unsupported` if the engine is not installed;
 * `unreachable` if the port is not available
 * @example
 * const sim = await startLocalSimulator({ engine: "litesvm", startSlot: 100, slots: 50 });
 * const client = new BacktestClient({ url: sim.url });
 */
export function startLocalSimulator(options: LocalServerOptions = {}): Promise<LocalSimulator> {
  return startSimulatorServer(options);
}

/** Answers a request for a page. Returns false if the request is for the simulator. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Starts a simulator that also serves web pages on its port. The `Host` header of every request is checked.
 *
 * @param answerPage called with each request before the simulator handles it
 * @param watcher is notified of sessions and requests
 */
export async function startSimulatorServer(
  options: LocalServerOptions,
  answerPage: PageHandler = () => false,
  watcher: SimulatorWatcher = {},
): Promise<LocalSimulator> {
  requireObject(options, "options");
  const { port = 0, host = "127.0.0.1", allowedHosts = [], geyserPort } = options;
  checkPort(port, "port");
  if (geyserPort !== undefined) checkPort(geyserPort, "geyserPort");
  const isAllowed = hostCheck(host, allowedHosts);
  const simulator = new Simulator(readOptions(await withLitesvm(options)), watcher);
  const server = createServer((request, response) => {
    // `handleRequest` fails if the request is incomplete or the response cannot be written. The connection is then closed.
    handleRequest(simulator, { isAllowed, answerPage, watcher }, request, response).catch(() => response.destroy());
  });
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LIMITS.frameBytes,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  server.on("upgrade", (request, socket, head) =>
    handleUpgrade(simulator, sockets, { isAllowed, watcher }, request, socket, head),
  );
  // All sockets, so that `close` can destroy them. The HTTP server does not track upgraded sockets, and a client may never answer
  // a close handshake.
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await listen(server, port, host);
  let geyser: GeyserServer | undefined;
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    await simulator.close();
    for (const socket of open) socket.destroy();
    await Promise.all([closed, geyser?.close()]);
  };
  if (geyserPort !== undefined) {
    try {
      geyser = await startGeyserServer(simulator, { port: geyserPort, host, isHostAllowed: isAllowed });
    } catch (error) {
      await close();
      throw error;
    }
  }
  const { port: opened } = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  const running = runningSimulator(simulator, `${name}:${opened}`, close);
  return geyser === undefined ? running : Object.assign(running, { geyserUrl: `http://${name}:${geyser.port}` });
}

/** Validates a port. @throws SimulatorError `invalidParams` */
function checkPort(port: unknown, field: string): void {
  const isPort = typeof port === "number" && Number.isInteger(port) && port >= 0 && port <= 65_535;
  if (!isPort) throw invalidParams(field, "expected a whole number from 0 to 65,535");
}

/** Whether the `Host` header (`authority`) of a request is allowed. `localAddress` is the address that received the request. */
type HostCheck = (authority: string | undefined, localAddress: string | undefined) => boolean;

const HOST_REFUSED = {
  status: 403,
  body: "this Host is not allowed, to prevent DNS rebinding: use a loopback address, or start the simulator with the option allowedHosts",
};

/** Returns the check for the `Host` header of requests. @throws SimulatorError `invalidParams` */
function hostCheck(listening: string, allowedHosts: readonly string[]): HostCheck {
  const allowed = new Set<string>();
  for (const host of allowedHosts) {
    const canonical = host === "*" ? host : canonicalHost(toText(host));
    if (canonical === undefined)
      throw invalidParams("allowedHosts", `expected hosts without a port, got ${toText(host).slice(0, 80)}`);
    allowed.add(canonical);
  }
  const own = canonicalHost(listening);
  if (own !== undefined) allowed.add(own);
  return (authority, localAddress) => {
    if (isHostAllowed(authority, allowed)) return true;
    // `Host` can also be the address at which the request arrived. A server on 0.0.0.0 or :: has several addresses.
    const local = canonicalHost(localAddress ?? "");
    return local !== undefined && isHostAllowed(authority, new Set([local]));
  };
}

function isRequestAllowed(isAllowed: HostCheck, { headersDistinct, socket }: IncomingMessage): boolean {
  const [authority, ...others] = headersDistinct.host ?? [];
  return others.length === 0 && isAllowed(authority, socket.localAddress);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "the port is in use; use another port, or 0 for any free port" : cause.message;
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

/** The rules and callbacks for requests. */
interface RequestTerms {
  isAllowed: HostCheck;
  answerPage: PageHandler;
  watcher: SimulatorWatcher;
}

function watched({ method = "GET", url = "/" }: IncomingMessage, status: number): WatchedRequest {
  return { method, path: readTarget(url).path, status };
}

async function handleRequest(
  simulator: Simulator,
  { isAllowed, answerPage, watcher }: RequestTerms,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isServed = isRequestAllowed(isAllowed, request);
  if (isServed && answerPage(request, response)) return;
  response.once("close", () => watcher.answered?.(watched(request, response.statusCode)));
  if (!isServed) return void respond(request, response, { ...HOST_REFUSED, headers: { connection: "close" } });
  const body = await readBody(request);
  const answer =
    body === "too long"
      ? { status: 413, headers: { connection: "close" }, body: `a body has at most ${LIMITS.bodyBytes} bytes` }
      : await answerHttp(simulator, {
          method: request.method ?? "GET",
          target: request.url ?? "/",
          headers: headersOf(request),
          body: body.text,
        });
  respond(request, response, answer);
}

function respond({ method }: IncomingMessage, response: ServerResponse, { status, headers, body }: HttpResponse): void {
  response.writeHead(status, headers);
  response.end(method === "HEAD" ? "" : body);
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
  { isAllowed, watcher }: Omit<RequestTerms, "answerPage">,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const refuse = (status: number, reason: string): void => {
    watcher.answered?.(watched(request, status));
    refuseUpgrade(socket, status, reason);
  };
  if (!isRequestAllowed(isAllowed, request)) return refuse(HOST_REFUSED.status, HOST_REFUSED.body);
  const offered = request.headers["sec-websocket-protocol"]?.split(",").map((protocol) => protocol.trim()) ?? [];
  const answer = simulator.upgrade({ target: request.url ?? "/", headers: headersOf(request), protocols: offered });
  if ("refused" in answer) return refuse(answer.refused, answer.reason);
  sockets.handleUpgrade(request, socket, head, (ws) => {
    watcher.answered?.(watched(request, 101));
    const peer = new NodePeer(ws, socket as Socket);
    peer.listen(answer.accept(peer));
  });
}

function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.on("error", () => socket.destroy());
  socket.on("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
  );
}

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { httpToWsUrl } from "../../protocol/urls.js";
import { VERSION } from "../../version.js";
import { answerText, isForLoopback, listen, type OpenServer } from "../loopback.js";
import { pageKey, SUBPROTOCOL, withoutKey } from "./credentials.js";
import { type Destination, Endpoints } from "./endpoints.js";
import { PROXY_LIMITS } from "./proxy-limits.js";
import { reasonOf, relayHttp } from "./relay-http.js";
import { relaySockets } from "./relay-sockets.js";

export interface ProxyOptions {
  /** The service's control channel. */
  controlUrl: string;
  /** What is sent for pages that send none of their own. */
  apiKey: string | undefined;
  /** Origins of the pages that are let in. Nobody else is, not even who sends none. */
  origins: readonly string[];
  port: number;
  /** Told what went wrong, in one line. */
  tell(line: string): void;
}

const METHODS = ["GET", "HEAD", "POST", "DELETE"];
const USER_AGENT = `simulator-client-js/${VERSION}`;
const GOING_AWAY = 1001;
const MAX_TOLD = 100;
/** Of both sides. The service's own compression is zstd, inside the frames. */
const SOCKET_OPTIONS = { perMessageDeflate: false, maxPayload: PROXY_LIMITS.frameBytes, closeTimeout: PROXY_LIMITS.closeMs };

/**
 * Opens the way by which pages reach a service that knows the key as a header alone: WebSockets and HTTP calls are relayed, and
 * the key is added. Loopback only.
 *
 * @throws Failure if the port can't be had
 */
export async function openProxy(options: ProxyOptions): Promise<OpenServer> {
  const proxy = new PageProxy(options);
  const opened = await listen(
    (request, response) => {
      proxy.handleRequest(request, response).catch(() => response.destroy());
    },
    options.port,
    "--port",
  );
  opened.server.on("upgrade", (request, socket, head) => proxy.handleUpgrade(request, socket, head));
  return {
    ...opened,
    close: async () => {
      proxy.closeSockets();
      await opened.close();
    },
  };
}

type Reachable = Extract<Destination, { url: URL }>;

/** A page's request for a WebSocket, and the socket that it came on. */
interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

/** What is behind the server. */
class PageProxy {
  readonly #options: ProxyOptions;
  readonly #endpoints: Endpoints;
  readonly #refused = new Set<string>();
  /** What ends each pair of sockets. */
  readonly #pairs = new Set<(code: number, reason: string) => void>();
  #opening = 0;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    ...SOCKET_OPTIONS,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#endpoints = new Endpoints(options.controlUrl);
  }

  async handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const origin = this.#admit(request);
    if (origin === undefined) return answerText(response, 403, "this origin may not use the proxy");
    const cors = { "access-control-allow-origin": origin, vary: "Origin", "access-control-expose-headers": "Retry-After" };
    if (request.method === "OPTIONS") return answerPreflight(request, response, cors);
    if (!METHODS.includes(request.method ?? "")) {
      return answerText(response, 405, `only ${METHODS.join(", ")}`, { ...cors, allow: METHODS.join(", ") });
    }
    const { destination, key } = this.#route(request, []);
    if ("status" in destination) return answerText(response, destination.status, destination.reason, cors);
    const failure = await relayHttp(request, response, {
      // A WebSocket's address may be asked by HTTP too: the service says what it thinks of that.
      url: new URL(destination.url.href.replace(/^ws/, "http")),
      headers: this.#headers(destination, key),
      answerHeaders: cors,
    });
    if (failure !== undefined) this.#options.tell(`${destination.url.host} did not answer: ${failure}`);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const offered = request.headers["sec-websocket-protocol"]?.split(",").map((protocol) => protocol.trim()) ?? [];
    const { destination, key, isControl } = this.#route(request, offered);
    if (this.#admit(request) === undefined) refuse(socket, 403, "this origin may not use the proxy");
    else if (this.#pairs.size + this.#opening >= PROXY_LIMITS.sockets)
      refuse(socket, 503, `the proxy has room for ${PROXY_LIMITS.sockets} WebSockets at a time`);
    else if ("status" in destination) refuse(socket, destination.status, destination.reason);
    else this.#open({ request, socket, head }, destination, isControl ? key : undefined, isControl);
  }

  closeSockets(): void {
    for (const end of this.#pairs) end(GOING_AWAY, "the proxy is stopped");
  }

  /** Connects to the service, and then the page to it. */
  #open({ request, socket, head }: Upgrade, { url }: Reachable, key: string | undefined, isControl: boolean): void {
    // The service first: what it refuses is refused to the page in the same words.
    const service = this.#connect(url, key);
    let isOpening = true;
    this.#opening++;
    const settle = (): void => {
      if (isOpening) this.#opening--;
      isOpening = false;
    };
    const giveUp = (status: number, reason: string, told: string): void => {
      if (!isOpening) return;
      settle();
      if (!socket.destroyed) this.#options.tell(told);
      service.terminate();
      refuse(socket, status, reason);
    };
    const { host } = url;
    socket.once("close", () => {
      // Nobody waits for it any more. Once it is open, the pair's own rules hold.
      if (isOpening) service.terminate();
    });
    service.once("unexpected-response", (_request, { statusCode = 502 }) => {
      giveUp(statusCode, "refused by the service", `${host} refused a WebSocket with HTTP ${statusCode}`);
    });
    service.on("error", (error) => giveUp(502, "the service can't be reached", `no connection to ${host}: ${reasonOf(error)}`));
    service.once("close", settle);
    service.once("open", () => {
      settle();
      this.#server.handleUpgrade(request, socket, head, (page) => this.#pair(page, service, isControl));
      // Nothing came of it: the page is gone, or speaks no WebSocket.
      if (socket.destroyed || socket.writableEnded) service.terminate();
    });
  }

  #connect(url: URL, key: string | undefined): WebSocket {
    return new WebSocket(httpToWsUrl(url.href), {
      headers: { "User-Agent": USER_AGENT, ...(key !== undefined && { "X-API-Key": key }) },
      ...SOCKET_OPTIONS,
      handshakeTimeout: PROXY_LIMITS.connectMs,
    });
  }

  #pair(page: WebSocket, service: WebSocket, isControl: boolean): void {
    const rewrite = isControl ? (text: string) => this.#endpoints.rewrite(text) : (text: string) => text;
    const end = relaySockets({ page, service, rewrite });
    this.#pairs.add(end);
    page.once("close", () => this.#pairs.delete(end));
  }

  #route({ url = "/", headers }: IncomingMessage, protocols: readonly string[]) {
    const { pathname, searchParams } = new URL(`http://proxy${url.startsWith("/") ? url : "/"}`);
    const header = headers["x-api-key"];
    const sent = pageKey({ header: Array.isArray(header) ? header[0] : header, query: searchParams, protocols });
    const destination = this.#endpoints.find(pathname, withoutKey(searchParams));
    return { destination, key: sent ?? this.#options.apiKey, isControl: pathname === "/backtest" };
  }

  #headers({ needsKey }: Reachable, key: string | undefined): Record<string, string> {
    return { "user-agent": USER_AGENT, ...(needsKey && key !== undefined && { "x-api-key": key }) };
  }

  /** The origin of a page that is let in. */
  #admit(request: IncomingMessage): string | undefined {
    const { origin, host } = request.headers;
    if (!isForLoopback(request)) return this.#turnAway(`what asks for the host ${host}: only this machine's own names are ours`);
    if (origin === undefined) return this.#turnAway("what sends no Origin: only pages are let in");
    if (!this.#options.origins.includes(origin)) return this.#turnAway(`a page of ${origin}: --origin would let it in`);
    return origin;
  }

  #turnAway(who: string): undefined {
    const line = `refused ${who.slice(0, 300).replace(/[^\x20-\x7e]/g, "?")}`;
    // Each once, and not without end: a page could make up as many as it likes.
    if (this.#refused.has(line) || this.#refused.size >= MAX_TOLD) return;
    this.#refused.add(line);
    this.#options.tell(line);
  }
}

/** https://fetch.spec.whatwg.org/#cors-preflight-fetch and https://wicg.github.io/private-network-access/ */
function answerPreflight({ headers }: IncomingMessage, response: ServerResponse, cors: Record<string, string>): void {
  response.writeHead(204, {
    ...cors,
    "access-control-allow-methods": METHODS.join(", "),
    "access-control-allow-headers": "content-type, x-api-key",
    "access-control-max-age": "600",
    ...(headers["access-control-request-private-network"] === "true" && { "access-control-allow-private-network": "true" }),
  });
  response.end();
}

function refuse(socket: Duplex, status: number, reason: string): void {
  if (socket.destroyed || socket.writableEnded) return;
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
  );
}

import { type Agent, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { httpToWsUrl } from "../../protocol/urls.js";
import { USER_AGENT } from "../../transport/user-agent.js";
import { oneLine } from "../command-failure.js";
import { answerText, isForLoopback, listen, type OpenServer } from "../loopback.js";
import { pageKey, SUBPROTOCOL, withoutKey } from "./credentials.js";
import { type Destination, Endpoints } from "./endpoints.js";
import { PROXY_LIMITS } from "./proxy-limits.js";
import { reasonOf, relayHttp } from "./relay-http.js";
import { relaySockets } from "./relay-sockets.js";

export interface ProxyOptions {
  /** Control URL of the service. */
  controlUrl: string;
  /** The API key that the proxy adds for pages that send no key. */
  apiKey: string | undefined;
  /** Origins of the pages that are allowed to use the proxy. A request with another origin, or without an origin, is refused. */
  origins: readonly string[];
  port: number;
  /** The agent for connections to the service. @default the agent of Node.js */
  agent?: Agent | undefined;
  /** Called with the description of each problem, in one line. */
  report(line: string): void;
}

const METHODS = ["GET", "HEAD", "POST", "DELETE"];
const GOING_AWAY = 1001;
/** Maximum number of messages about refused requests. */
const MAX_REFUSAL_MESSAGES = 100;
/**
 * Options of the WebSockets to the page and to the service. WebSocket compression is off, because the service already compresses
 * the contents of frames with zstd.
 */
const SOCKET_OPTIONS = { perMessageDeflate: false, maxPayload: PROXY_LIMITS.frameBytes, closeTimeout: PROXY_LIMITS.closeMs };

/**
 * Opens a proxy that adds the API key to the WebSockets and HTTP calls of web pages. It listens only on this machine.
 *
 * @throws Failure if the port cannot be opened
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
  opened.server.on("upgrade", (request, socket, head) => {
    try {
      proxy.handleUpgrade(request, socket, head);
    } catch {
      socket.destroy();
    }
  });
  return {
    ...opened,
    close: async () => {
      proxy.closeSockets();
      await opened.close();
    },
  };
}

type Reachable = Extract<Destination, { url: URL }>;

/** A page's request to open a WebSocket. */
interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

class PageProxy {
  readonly #options: ProxyOptions;
  readonly #endpoints: Endpoints;
  readonly #refused = new Set<string>();
  /** For each pair of sockets, a function that closes both. */
  readonly #pairs = new Set<(code: number, reason: string) => void>();
  /** Number of connections to the service that are not open yet. */
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
    if (origin === undefined) return answerText(response, 403, "this origin must not use the proxy");
    const cors = { "access-control-allow-origin": origin, vary: "Origin", "access-control-expose-headers": "Retry-After" };
    if (request.method === "OPTIONS") return answerPreflight(request, response, cors);
    if (!METHODS.includes(request.method ?? "")) {
      return answerText(response, 405, `allowed methods: ${METHODS.join(", ")}`, { ...cors, allow: METHODS.join(", ") });
    }
    const { destination, key } = this.#route(request, []);
    if ("status" in destination) return answerText(response, destination.status, destination.reason, cors);
    const failure = await relayHttp(request, response, {
      // If a page sends an HTTP request for a `ws:` URL, the proxy forwards the request to the same URL with `http:`.
      url: new URL(destination.url.href.replace(/^ws/, "http")),
      headers: this.#headers(destination, key),
      responseHeaders: cors,
      agent: this.#options.agent,
    });
    if (failure !== undefined) this.#options.report(`${destination.url.host} did not respond: ${failure}`);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const offered = request.headers["sec-websocket-protocol"]?.split(",").map((protocol) => protocol.trim()) ?? [];
    const { destination, key, isControl } = this.#route(request, offered);
    if (this.#admit(request) === undefined) refuse(socket, 403, "this origin must not use the proxy");
    else if (this.#pairs.size + this.#opening >= PROXY_LIMITS.sockets)
      refuse(socket, 503, `the proxy is limited to ${PROXY_LIMITS.sockets} WebSockets`);
    else if ("status" in destination) refuse(socket, destination.status, destination.reason);
    else this.#open({ request, socket, head }, destination, isControl ? key : undefined, isControl);
  }

  closeSockets(): void {
    for (const end of this.#pairs) end(GOING_AWAY, "the proxy has stopped");
  }

  /**
   * Connects to the service before it accepts the page's request. If the service refuses, the proxy can then pass the refusal to
   * the page.
   */
  #open({ request, socket, head }: Upgrade, { url }: Reachable, key: string | undefined, isControl: boolean): void {
    const service = this.#connect(url, key);
    let isOpening = true;
    this.#opening++;
    const settle = (): void => {
      if (isOpening) this.#opening--;
      isOpening = false;
    };
    const giveUp = (status: number, reason: string, problem: string): void => {
      if (!isOpening) return;
      settle();
      if (!socket.destroyed) this.#options.report(problem);
      service.terminate();
      refuse(socket, status, reason);
    };
    const { host } = url;
    socket.once("close", () => {
      // The page disconnected before the service accepted the request. `relaySockets` handles a later disconnect.
      if (isOpening) service.terminate();
    });
    service.once("unexpected-response", (_request, { statusCode = 502 }) => {
      const status = statusCode >= 400 ? statusCode : 502;
      giveUp(status, "refused by the service", `${host} refused a WebSocket with HTTP ${statusCode}`);
    });
    service.on("error", (error) => giveUp(502, "cannot reach the service", `could not connect to ${host}: ${reasonOf(error)}`));
    service.once("close", settle);
    service.once("open", () => {
      settle();
      this.#server.handleUpgrade(request, socket, head, (page) => this.#pair(page, service, isControl));
      // If the handshake with the page failed, nothing uses the connection to the service.
      if (socket.destroyed || socket.writableEnded) service.terminate();
    });
  }

  #connect(url: URL, key: string | undefined): WebSocket {
    return new WebSocket(httpToWsUrl(url.href), {
      headers: { "User-Agent": USER_AGENT, ...(key !== undefined && { "X-API-Key": key }) },
      agent: this.#options.agent,
      ...SOCKET_OPTIONS,
      handshakeTimeout: PROXY_LIMITS.connectMs,
    });
  }

  #pair(page: WebSocket, service: WebSocket, isControl: boolean): void {
    const rewrite = isControl ? (text: string) => this.#endpoints.rewrite(text) : (text: string) => text;
    const reportFailure = (reason: string): void =>
      this.#options.report(`${this.#endpoints.host}: a frame cannot be relayed: ${reason}`);
    const end = relaySockets({ page, service, rewrite, reportFailure });
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

  /** Returns the origin if the page is allowed to use the proxy. `undefined` if the request is refused. */
  #admit(request: IncomingMessage): string | undefined {
    const { origin, host } = request.headers;
    if (!isForLoopback(request))
      return this.#refuseOnce(`a request for the host ${host}: the proxy accepts only loopback hosts, such as 127.0.0.1`);
    if (origin === undefined) return this.#refuseOnce("a request without the header Origin: only web pages are accepted");
    if (!this.#options.origins.includes(origin))
      return this.#refuseOnce(`a page of ${origin}; add --origin ${origin} to accept it`);
    return origin;
  }

  /**
   * Reports each refused request once. The number of reports is limited, because a page could send any number of different
   * requests.
   */
  #refuseOnce(request: string): undefined {
    const line = oneLine(`refused ${request.slice(0, 300)}`);
    if (this.#refused.has(line) || this.#refused.size >= MAX_REFUSAL_MESSAGES) return;
    this.#refused.add(line);
    this.#options.report(line);
  }
}

/**
 * Answers a CORS preflight. See https://fetch.spec.whatwg.org/#cors-preflight-fetch and
 * https://wicg.github.io/private-network-access/
 */
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

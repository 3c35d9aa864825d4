import { answerHttp } from "../server/http-handler.js";
import { type RunningSimulator, runningSimulator } from "../server/running-simulator.js";
import { Simulator } from "../server/simulator.js";
import { type LocalSimulatorOptions, readOptions } from "../server/simulator-options.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { InPageWebSocket, type Network } from "./in-page-socket.js";

const HOST = "simulator.local";

/** The constructor of a browser WebSocket, for in-page sockets. */
export interface InPageWebSocketConstructor {
  /** Accepts `options.headers`, like the package `ws` in Node.js. A real browser socket cannot send headers. */
  new (url: string | URL, protocols?: string | string[], options?: { headers?: Record<string, string> }): InPageWebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

/**
 * A simulator without a port. Pass its `WebSocket` and `fetch` to a client. The client then uses them instead of the platform's.
 */
export interface InPageSimulator extends RunningSimulator {
  /** A WebSocket class that connects to this simulator. */
  readonly WebSocket: InPageWebSocketConstructor;
  /** Sends requests to the simulator's host. Requests to any other host fail. */
  readonly fetch: typeof fetch;
}

/**
 * Creates a simulator inside the page or the test process. It runs wherever JavaScript runs, without a server. Only the simulator's
 * `WebSocket` and `fetch` can connect to the simulator's URL.
 *
 * @throws SimulatorError `invalidParams`; `unsupported` for the engine `"litesvm"`
 * @example
 * const sim = createLocalSimulator({ startSlot: 100, slots: 50 });
 * const client = new BacktestClient({ url: sim.url, WebSocket: sim.WebSocket, fetch: sim.fetch });
 */
export function createLocalSimulator(options: LocalSimulatorOptions = {}): InPageSimulator {
  const simulator = new Simulator(readOptions(options));
  const sockets = { WebSocket: socketsOn(networkOf(simulator)), fetch: fetchFrom(simulator) };
  return Object.assign(
    runningSimulator(simulator, HOST, () => simulator.close()),
    sockets,
  );
}

function networkOf(simulator: Simulator): Network {
  return {
    timing: simulator.settings.timing,
    upgrade: ({ url, protocols, headers }) =>
      url.host === HOST ? simulator.upgrade({ target: url.pathname + url.search, headers, protocols }) : undefined,
  };
}

/** The syntax of a subprotocol: a token (RFC 9110, 5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;

function socketsOn(network: Network): InPageWebSocketConstructor {
  return class WebSocket extends InPageWebSocket {
    constructor(
      url: string | URL,
      protocols: string | string[] = [],
      { headers = {} }: { headers?: Record<string, string> } = {},
    ) {
      const offered = typeof protocols === "string" ? [protocols] : [...protocols];
      if (new Set(offered).size !== offered.length || !offered.every((protocol) => TOKEN.test(protocol))) {
        throw new DOMException("A subprotocol is invalid or listed twice", "SyntaxError");
      }
      super(network, { url: readUrl(url), protocols: offered, headers: lowerNames(headers) });
    }
  };
}

function readUrl(url: string | URL): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new DOMException("The URL is invalid", "SyntaxError");
  }
  if (parsed.protocol !== "ws:" && parsed.protocol !== "wss:") {
    throw new DOMException(`The URL's scheme must be ws: or wss:, not ${parsed.protocol}`, "SyntaxError");
  }
  return parsed;
}

function lowerNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function fetchFrom(simulator: Simulator): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (url.host !== HOST) throw new TypeError(`cannot reach ${url.host}: this fetch function reaches only ${HOST}`);
    request.signal.throwIfAborted();
    const body = await request.text();
    await simulator.settings.timing.nextTurn();
    const answer =
      body.length > LIMITS.bodyBytes
        ? { status: 413, headers: {}, body: `a body has at most ${LIMITS.bodyBytes} bytes` }
        : await answerHttp(simulator, {
            method: request.method,
            target: url.pathname + url.search,
            headers: Object.fromEntries(request.headers),
            body,
          });
    request.signal.throwIfAborted();
    const isEmpty = answer.status === 204 || request.method === "HEAD";
    return new Response(isEmpty ? null : answer.body, { status: answer.status, headers: answer.headers });
  };
}

import { type ClientRequest, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { Agent, type AgentConnectOpts } from "agent-base";
import { getProxyForUrl } from "proxy-from-env";
import type * as Undici from "undici";
import type { Dispatcher, RequestInit } from "undici";
import { isLoopbackHost } from "../protocol/host.js";
import { Failure } from "./command-failure.js";

/** Connects through an HTTP proxy: an agent for WebSockets and HTTP requests of Node.js, and a `fetch` function. */
export interface OutgoingProxy {
  readonly agent: Agent;
  readonly fetch: typeof fetch;
}

/**
 * Returns the HTTP proxy for a URL from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in upper or lower case. Returns `undefined`
 * if the connection is direct. Connections to this machine are always direct.
 *
 * @param url an `http:`, `https:`, `ws:` or `wss:` URL
 * @throws Failure if the proxy is not a URL
 */
export function proxyFor(url: string): string | undefined {
  if (isLoopbackHost(new URL(url).hostname)) return undefined;
  const proxy = getProxyForUrl(url.replace(/^ws/, "http"));
  // The error message does not contain the proxy URL, because the URL can contain a password.
  if (proxy !== "" && !isHttpUrl(proxy))
    throw new Failure(
      `the proxy in ${variableFor(url)} is not an http:// or https:// URL: set another one, or add the host to NO_PROXY`,
    );
  return proxy || undefined;
}

/** Names the proxy for a URL in messages: `the proxy 127.0.0.1:3128 (HTTPS_PROXY)`. Its password is left out. */
export function describeProxy(proxy: string, url: string): string {
  return `the proxy ${new URL(proxy).host} (${variableFor(url)})`;
}

/** Returns the name of the environment variable that sets the proxy for a URL. The precedence is that of `proxy-from-env`. */
function variableFor(url: string): string {
  const own = `${new URL(url).protocol.replace(/^ws/, "http").replace(":", "")}_proxy`;
  const names = [`npm_config_${own}`, own, "npm_config_proxy", "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  return names.find((name) => process.env[name]) ?? own.toUpperCase();
}

/** Whether a text is the URL of an HTTP proxy. */
export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/**
 * Returns an agent and a `fetch` function that use the proxies of the environment. Returns `undefined` if the environment names
 * no proxy.
 */
export function outgoingProxy(env: Readonly<Record<string, string | undefined>>): OutgoingProxy | undefined {
  const isNamed = Object.entries(env).some(([name, value]) => /^(?:https?|all)_proxy$/i.test(name) && value !== "");
  return isNamed ? { agent: new EnvironmentAgent(), fetch: fetchThroughProxy } : undefined;
}

/** Connects through the proxy of each URL, or directly. */
class EnvironmentAgent extends Agent {
  readonly #direct = { http: new HttpAgent(), https: new HttpsAgent() };

  override async connect(request: ClientRequest, options: AgentConnectOpts) {
    const { secureEndpoint, host, port } = options;
    const scheme = secureEndpoint ? "https" : "http";
    const authority = host?.includes(":") ? `[${host}]` : host;
    const url = `${scheme}://${authority}:${port}`;
    const proxy = proxyFor(url);
    if (proxy === undefined) return this.#direct[scheme];
    const { HttpsProxyAgent } = await import("https-proxy-agent");
    const agent = new HttpsProxyAgent(proxy);
    let status = 200;
    agent.once("proxyConnect", ({ statusCode }: { statusCode: number }) => {
      status = statusCode;
    });
    const socket = await agent.connect(request, options).catch((error: unknown) => {
      throw throughProxy(proxy, url, error);
    });
    if (status === 200) return socket;
    socket.destroy();
    // The error has no `status`, because a status would be attributed to the service.
    throw new Error(`${describeProxy(proxy, url)} refuses a tunnel to ${authority}:${port}: ${refusal(status)}`);
  }
}

/** Returns an error that names the proxy. The new error has the code of the original error. */
function throughProxy(proxy: string, url: string, error: unknown): Error {
  const { message, code } = innermost(error);
  const [, status] = /^Proxy response \((\d+)\) !== 200/.exec(message) ?? [];
  const reason = status === undefined ? message || code || String(error) : refusal(Number(status));
  return Object.assign(new Error(`through ${describeProxy(proxy, url)}: ${reason}`), { code });
}

/** Returns the innermost cause of an error, because `fetch` stores the reason of a failure there. */
function innermost(error: unknown): { message: string; code?: string } {
  const { message = "", code, cause } = Object(error) as { message?: string; code?: string; cause?: unknown };
  return cause instanceof Error ? innermost(cause) : { message, ...(code !== undefined && { code }) };
}

const AUTHENTICATION_REQUIRED = 407;

function refusal(status: number): string {
  return status === AUTHENTICATION_REQUIRED
    ? "HTTP 407: add a user and a password to its URL, such as http://USER:PASSWORD@HOST:PORT"
    : `HTTP ${status}`;
}

const dispatchers = new Map<string, Dispatcher>();

/** Calls the `fetch` of Node.js. For a URL with a proxy, calls the `fetch` of undici, because Node.js 20 supports no proxies. */
const fetchThroughProxy: typeof fetch = async (input, init) => {
  const url = String(input instanceof Request ? input.url : input);
  const proxy = proxyFor(url);
  if (proxy === undefined) return fetch(input, init);
  return fetchBy(`proxy ${proxy}`, url, init, ({ ProxyAgent }) => new ProxyAgent(proxy)).catch((error: unknown) => {
    throw init?.signal?.aborted ? error : throughProxy(proxy, url, error);
  });
};

/**
 * Returns a `fetch` function that uses the proxies of the environment. Direct connections must be established within `connectMs`
 * ms.
 */
export function fetchWithin(connectMs: number): typeof fetch {
  return async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    if (proxyFor(url) !== undefined) return fetchThroughProxy(input, init);
    return fetchBy(`direct ${connectMs}`, url, init, ({ Agent }) => new Agent({ connect: { timeout: connectMs } }));
  };
}

/** Calls the `fetch` of undici with a dispatcher. The dispatchers are cached by name. */
async function fetchBy(
  name: string,
  url: string,
  init: Parameters<typeof fetch>[1],
  make: (undici: typeof Undici) => Dispatcher,
): Promise<Response> {
  const undici = await import("undici");
  const dispatcher = dispatchers.get(name) ?? make(undici);
  dispatchers.set(name, dispatcher);
  return (await undici.fetch(url, { ...(init as RequestInit), dispatcher })) as unknown as Response;
}

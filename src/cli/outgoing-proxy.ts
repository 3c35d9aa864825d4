import { type ClientRequest, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { Agent, type AgentConnectOpts } from "agent-base";
import { getProxyForUrl } from "proxy-from-env";
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
  const { protocol, hostname } = new URL(url);
  if (isLoopbackHost(hostname)) return undefined;
  const proxy = getProxyForUrl(protocol.startsWith("ws") ? url.replace(/^ws/, "http") : url);
  // The value is left out, because it may contain a password.
  if (proxy !== "" && !isHttpUrl(proxy))
    throw new Failure(
      "the proxy in the environment is not an http:// or https:// URL: set another one, or add the host to NO_PROXY",
    );
  return proxy || undefined;
}

/** Whether a text is the URL of an HTTP proxy. */
export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Returns an agent and a `fetch` function that use the proxies of the environment. Returns `undefined` if it names no proxy. */
export function outgoingProxy(env: Readonly<Record<string, string | undefined>>): OutgoingProxy | undefined {
  const isNamed = Object.entries(env).some(([name, value]) => /^(?:https?|all)_proxy$/i.test(name) && value !== "");
  return isNamed ? { agent: new EnvironmentAgent(), fetch: fetchThroughProxy } : undefined;
}

/** Connects through the proxy of each URL, or directly. */
class EnvironmentAgent extends Agent {
  readonly #direct = { http: new HttpAgent(), https: new HttpsAgent() };

  override async connect(_request: ClientRequest, options: AgentConnectOpts) {
    const { secureEndpoint, host, port } = options;
    const scheme = secureEndpoint ? "https" : "http";
    const authority = host?.includes(":") ? `[${host}]` : host;
    const proxy = proxyFor(`${scheme}://${authority}:${port}`);
    if (proxy === undefined) return this.#direct[scheme];
    const { HttpsProxyAgent } = await import("https-proxy-agent");
    return new HttpsProxyAgent(proxy);
  }
}

const dispatchers = new Map<string, Dispatcher>();

/** `fetch` of Node.js, or that of undici for a URL with a proxy, because `fetch` of Node.js 20 has no proxies. */
const fetchThroughProxy: typeof fetch = async (input, init) => {
  const url = String(input instanceof Request ? input.url : input);
  const proxy = proxyFor(url);
  if (proxy === undefined) return fetch(input, init);
  const undici = await import("undici");
  const dispatcher = dispatchers.get(proxy) ?? new undici.ProxyAgent(proxy);
  dispatchers.set(proxy, dispatcher);
  return (await undici.fetch(url, { ...(init as RequestInit), dispatcher })) as unknown as Response;
};

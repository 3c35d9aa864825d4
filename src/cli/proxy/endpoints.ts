import { decodeBase64Url, encodeBase64Url } from "../../codec/base64.js";
import { parseJson, stringifyJson } from "../../codec/json.js";
import { members } from "../../protocol/message.js";
import { httpBaseUrl } from "../../protocol/urls.js";
import { PROXY_LIMITS } from "./proxy-limits.js";

/** Where a page's request goes. */
export type Destination =
  /** The service itself; the key goes along, unless it is a session's RPC, which needs none. */
  | { url: URL; needsKey: boolean }
  /** Nowhere. */
  | { status: number; reason: string };

const RELAY = "/relay/";
const CONTROL = "/backtest";
const SLASHES = /^\/+/;

/**
 * Which paths of the proxy stand for which of the service's. A session's `rpc_endpoint` may lie on another host, which a page
 * can't ask for want of CORS: it is then given a path of the proxy's. The proxy goes to no host that the service hasn't named.
 */
export class Endpoints {
  readonly #control: URL;
  readonly #base: string;
  /** Origins that the service named, besides its own. */
  readonly #origins = new Set<string>();
  /** Paths of sessions' RPC on the service itself. */
  readonly #paths = new Set<string>();

  /** @param controlUrl of the service: `wss://host/backtest` */
  constructor(controlUrl: string) {
    this.#control = new URL(controlUrl);
    this.#base = httpBaseUrl(controlUrl);
  }

  /** The service, for people. */
  get host(): string {
    return this.#control.host;
  }

  /** Whether its links are encrypted. */
  get isSecure(): boolean {
    return this.#control.protocol === "wss:";
  }

  /** @param path of the proxy; @param query without a key */
  find(path: string, query: URLSearchParams): Destination {
    if (path === CONTROL) {
      const url = new URL(this.#control);
      for (const [name, value] of query) url.searchParams.append(name, value);
      return { url, needsKey: true };
    }
    if (!path.startsWith(RELAY)) {
      // Its own path, and nothing that would make a host of it.
      const url = new URL(`${this.#base}/${path.replace(SLASHES, "")}`);
      url.search = query.toString();
      return { url, needsKey: !this.#paths.has(url.pathname) };
    }
    const [encoded = "", ...rest] = path.slice(RELAY.length).split("/");
    const origin = decode(encoded);
    if (origin === undefined) return { status: 404, reason: "no such path" };
    // A proxy that was started anew learns it with the next attach.
    if (!this.#origins.has(origin)) return { status: 503, reason: "the service hasn't named this endpoint" };
    const url = new URL(`${origin}/${rest.join("/")}`);
    url.search = query.toString();
    return { url, needsKey: false };
  }

  /** A frame of the control channel as the page is to get it: with an `rpc_endpoint` that leads through the proxy. */
  rewrite(text: string): string {
    if (!text.includes('"rpc_endpoint"')) return text;
    let message: unknown;
    try {
      message = parseJson(text);
    } catch {
      // The page's client says what is wrong with it.
      return text;
    }
    const { params } = members(message);
    const { rpc_endpoint: endpoint } = members(params);
    if (typeof endpoint !== "string") return text;
    const relayed = this.#relay(endpoint);
    return stringifyJson({ ...members(message), params: { ...members(params), rpc_endpoint: relayed } });
  }

  #relay(endpoint: string): string {
    if (!/^https?:\/\//i.test(endpoint)) {
      this.#remember(this.#paths, new URL(`${this.#base}/${endpoint.replace(SLASHES, "")}`).pathname);
      return endpoint;
    }
    // A page's client can't see it behind us: nothing goes on in the clear that came encrypted.
    if (!URL.canParse(endpoint) || (this.isSecure && !/^https:/i.test(endpoint))) return `${RELAY}refused`;
    const url = new URL(endpoint);
    const path = `${url.pathname}${url.search}`;
    if (url.origin === this.#base) {
      this.#remember(this.#paths, url.pathname);
      return path;
    }
    this.#remember(this.#origins, url.origin);
    return `${RELAY}${encodeBase64Url(url.origin)}${path}`;
  }

  #remember(known: Set<string>, value: string): void {
    known.delete(value);
    known.add(value);
    const [oldest] = known;
    if (known.size > PROXY_LIMITS.endpoints && oldest !== undefined) known.delete(oldest);
  }
}

function decode(encoded: string): string | undefined {
  try {
    const origin = decodeBase64Url(encoded);
    return URL.canParse(origin) && new URL(origin).origin === origin ? origin : undefined;
  } catch {
    return undefined;
  }
}

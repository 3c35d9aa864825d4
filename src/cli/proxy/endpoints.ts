import { decodeBase64Url, encodeBase64Url } from "../../codec/base64.js";
import { parseJson, stringifyJson } from "../../codec/json.js";
import { members } from "../../protocol/message.js";
import { httpBaseUrl } from "../../protocol/urls.js";
import { PROXY_LIMITS } from "./proxy-limits.js";

/** Where the proxy forwards a page's request. */
export type Destination =
  /** The URL to call, and whether the request needs the API key. */
  | { url: URL; needsKey: boolean }
  /** The request has no destination, and is refused. */
  | { status: number; reason: string };

const RELAY = "/relay/";
const CONTROL = "/backtest";
const SLASHES = /^\/+/;
/** Both spellings of the member that contains the RPC endpoint. The documentation of the service uses camel case. */
const ENDPOINT_NAMES = ["rpc_endpoint", "rpcEndpoint"] as const;

/**
 * Maps paths of the proxy to URLs of the service. The `rpc_endpoint` of a session may be on another host, which a page cannot
 * call without CORS. The page therefore receives a path of the proxy instead. The proxy connects only to hosts in endpoints that
 * the service has sent.
 */
export class Endpoints {
  readonly #control: URL;
  readonly #base: string;
  /** Origins of RPC endpoints on other hosts. The proxy connects only to origins that the service has sent. */
  readonly #origins = new Set<string>();
  /** Paths of RPC endpoints on the service's own host. */
  readonly #paths = new Set<string>();

  /** @param controlUrl control URL of the service: `wss://host/backtest` */
  constructor(controlUrl: string) {
    this.#control = new URL(controlUrl);
    this.#base = httpBaseUrl(controlUrl);
  }

  /** The host and port of the service. */
  get host(): string {
    return this.#control.host;
  }

  /** Whether the service uses TLS. */
  get isSecure(): boolean {
    return this.#control.protocol === "wss:";
  }

  /** @param path path on the proxy; @param query its query, without the API key */
  find(path: string, query: URLSearchParams): Destination {
    if (path === CONTROL) {
      const url = new URL(this.#control);
      for (const [name, value] of query) url.searchParams.append(name, value);
      return { url, needsKey: true };
    }
    if (!path.startsWith(RELAY)) {
      // Leading slashes are removed, because a URL parser would read the text after them as a host.
      const url = new URL(`${this.#base}/${path.replace(SLASHES, "")}`);
      url.search = query.toString();
      return { url, needsKey: !this.#paths.has(url.pathname) };
    }
    const [encoded = "", ...rest] = path.slice(RELAY.length).split("/");
    const origin = decode(encoded);
    if (origin === undefined) return { status: 404, reason: "no such path" };
    // The service has not sent this origin since the proxy started. An attach request makes the service send the origin.
    if (!this.#origins.has(origin)) return { status: 503, reason: "unknown endpoint: attach to its session first" };
    const url = new URL(`${origin}/${rest.join("/")}`);
    url.search = query.toString();
    return { url, needsKey: false };
  }

  /**
   * Rewrites a frame of the control channel for the page: replaces the RPC endpoint with a path of the proxy.
   *
   * @throws SyntaxError if a frame with an RPC endpoint cannot be read or written, for example because it is nested too deeply
   */
  rewrite(text: string): string {
    const name = ENDPOINT_NAMES.find((candidate) => text.includes(`"${candidate}"`));
    if (name === undefined) return text;
    const message = members(readFrame(text));
    const params = members(message.params);
    const endpoint = params[name];
    if (typeof endpoint !== "string") return text;
    try {
      return stringifyJson({ ...message, params: { ...params, [name]: this.#relay(endpoint) } });
    } catch (error) {
      throw new SyntaxError(`cannot be written as JSON: ${(error as Error).message}`);
    }
  }

  #relay(endpoint: string): string {
    if (!/^https?:\/\//i.test(endpoint)) {
      this.#remember(this.#paths, new URL(`${this.#base}/${endpoint.replace(SLASHES, "")}`).pathname);
      return endpoint;
    }
    // If the service uses TLS, the proxy must not send data to an endpoint without TLS.
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

/**
 * Reads a frame. Returns `undefined` for a frame that is not JSON. The proxy then passes the frame on unchanged.
 *
 * @throws SyntaxError for JSON that is nested too deeply
 */
function readFrame(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (isJson(text)) throw error;
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    // A `SyntaxError` means that the text is not JSON. Any other error means that the JSON is nested too deeply.
    return !(error instanceof SyntaxError);
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

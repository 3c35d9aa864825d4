import { decodeBase64Url, encodeBase64Url } from "../../codec/base64.js";
import { parseJson, stringifyJson } from "../../codec/json.js";
import { members } from "../../protocol/message.js";
import { httpBaseUrl } from "../../protocol/urls.js";
import { PROXY_LIMITS } from "./proxy-limits.js";

/** The destination of a page's request. */
export type Destination =
  /** A URL of the service. The RPC endpoint of a session needs no key. */
  | { url: URL; needsKey: boolean }
  /** None: the request is refused. */
  | { status: number; reason: string };

const RELAY = "/relay/";
const CONTROL = "/backtest";
const SLASHES = /^\/+/;
/** The service's documentation spells the name in camel case. */
const ENDPOINT_NAMES = ["rpc_endpoint", "rpcEndpoint"] as const;

/**
 * Maps paths of the proxy to URLs of the service. The `rpc_endpoint` of a session may be on another host, which a page cannot call
 * without CORS: the page receives a path of the proxy instead. The proxy connects only to hosts that the service has named.
 */
export class Endpoints {
  readonly #control: URL;
  readonly #base: string;
  /** Other origins that the service has named. */
  readonly #origins = new Set<string>();
  /** Paths of RPC endpoints on the service itself. */
  readonly #paths = new Set<string>();

  /** @param controlUrl control URL of the service: `wss://host/backtest` */
  constructor(controlUrl: string) {
    this.#control = new URL(controlUrl);
    this.#base = httpBaseUrl(controlUrl);
  }

  /** Host and port of the service. */
  get host(): string {
    return this.#control.host;
  }

  /** Whether the service uses TLS. */
  get isSecure(): boolean {
    return this.#control.protocol === "wss:";
  }

  /** @param path path of the proxy; @param query its query, without the key */
  find(path: string, query: URLSearchParams): Destination {
    if (path === CONTROL) {
      const url = new URL(this.#control);
      for (const [name, value] of query) url.searchParams.append(name, value);
      return { url, needsKey: true };
    }
    if (!path.startsWith(RELAY)) {
      // Without leading slashes, which would make a host of the path.
      const url = new URL(`${this.#base}/${path.replace(SLASHES, "")}`);
      url.search = query.toString();
      return { url, needsKey: !this.#paths.has(url.pathname) };
    }
    const [encoded = "", ...rest] = path.slice(RELAY.length).split("/");
    const origin = decode(encoded);
    if (origin === undefined) return { status: 404, reason: "no such path" };
    // After a restart of the proxy, the next attach names the endpoint again.
    if (!this.#origins.has(origin)) return { status: 503, reason: "the service has not named this endpoint" };
    const url = new URL(`${origin}/${rest.join("/")}`);
    url.search = query.toString();
    return { url, needsKey: false };
  }

  /**
   * A frame of the control channel as the page receives it: its RPC endpoint leads through the proxy.
   *
   * @throws SyntaxError if a frame with an RPC endpoint cannot be read or written, such as one that is nested too deeply
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
    // The page cannot see the scheme: an unencrypted endpoint of an encrypted service is refused.
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

/** Reads a frame; `undefined` if it is not JSON, which the client of the page handles. @throws SyntaxError if it is nested too deeply */
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
    // A RangeError: nested too deeply for the engine.
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

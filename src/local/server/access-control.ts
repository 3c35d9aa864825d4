import { decodeBase64Url } from "../../codec/base64.js";
import { hostOfAuthority, isLoopbackHost } from "../../protocol/host.js";

/**
 * The subprotocol that the server selects. A client can offer its API key as a second subprotocol, which the server does not echo.
 */
export const SUBPROTOCOL = "backtest";
const KEY_SUBPROTOCOL = "x-api-key.";

/** The credentials of an HTTP request or an upgrade. Header names are in lower case. */
export interface Credentials {
  headers: Readonly<Record<string, string | undefined>>;
  query: URLSearchParams;
  /** The subprotocols that the client offers. Empty for a plain HTTP request. */
  protocols: readonly string[];
}

/** Returns all API keys of a request, from its headers, its query and its subprotocols. */
function keysOf({ headers, query, protocols }: Credentials): string[] {
  const keys = query.getAll("api_key");
  const header = headers["x-api-key"];
  if (header !== undefined) keys.push(header);
  for (const protocol of protocols) {
    if (protocol.startsWith(KEY_SUBPROTOCOL)) keys.push(decodeKey(protocol.slice(KEY_SUBPROTOCOL.length)));
  }
  return keys;
}

function decodeKey(encoded: string): string {
  try {
    return decodeBase64Url(encoded);
  } catch {
    return "";
  }
}

/**
 * Whether all API keys in a request are correct. If `need` is `"required"`, the request must contain a key. Always `true` if
 * the simulator has no API key.
 */
export function isAuthorized(apiKey: string | undefined, credentials: Credentials, need: "required" | "optional"): boolean {
  if (apiKey === undefined) return true;
  const keys = keysOf(credentials);
  return keys.every((key) => key === apiKey) && (need === "optional" || keys.length > 0);
}

const WEB_ORIGIN = /^https?:\/\/([^/]+)$/i;

/**
 * Whether a page with this `Origin` is allowed to use the simulator. The check is needed because any web page can open a WebSocket
 * to 127.0.0.1. A request without `Origin` does not come from a page. Pages on loopback hosts are allowed on any port. The opaque
 * origin `null` is allowed only if it is listed.
 */
export function isOriginAllowed(origin: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes("*") || allowed.includes(origin)) return true;
  const host = hostOfAuthority(WEB_ORIGIN.exec(origin)?.[1] ?? "");
  return host !== undefined && isLoopbackHost(host);
}

/**
 * Whether a request with this `Host` is allowed to use the simulator. The check prevents DNS rebinding: a web page makes its
 * own host name resolve to this machine. The `Host` of its requests is then the host name of the page.
 *
 * @param host the value of the header
 * @param allowed canonical hosts that are allowed in addition to loopback hosts; `"*"` allows all
 */
export function isHostAllowed(host: string | undefined, allowed: ReadonlySet<string>): boolean {
  if (allowed.has("*")) return true;
  const canonical = hostOfAuthority(host ?? "");
  return canonical !== undefined && (isLoopbackHost(canonical) || allowed.has(canonical));
}

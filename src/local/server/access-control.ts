import { decodeBase64Url } from "../../codec/base64.js";
import { hostOfAuthority, isLoopbackHost } from "../../protocol/host.js";

/** The subprotocol that the server selects. The one with the key is offered in addition and is not echoed. */
export const SUBPROTOCOL = "backtest";
const KEY_SUBPROTOCOL = "x-api-key.";

/** The credentials of an HTTP request or an upgrade. Header names are in lower case. */
export interface Credentials {
  headers: Readonly<Record<string, string | undefined>>;
  query: URLSearchParams;
  /** Offered subprotocols. Empty for plain HTTP. */
  protocols: readonly string[];
}

/** All keys in the request: header, query and subprotocol. */
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

/** Whether the request may pass: all keys that it sends are right, and one is sent if one is needed. */
export function isAuthorized(apiKey: string | undefined, credentials: Credentials, need: "required" | "optional"): boolean {
  if (apiKey === undefined) return true;
  const keys = keysOf(credentials);
  return keys.every((key) => key === apiKey) && (need === "optional" || keys.length > 0);
}

const WEB_ORIGIN = /^https?:\/\/([^/]+)$/i;

/**
 * Whether a page of an `Origin` may use the simulator: any web page can open a WebSocket to 127.0.0.1. A request without
 * `Origin` does not come from a page. Pages of this machine are allowed on any port; the opaque origin `null` only by name.
 */
export function isOriginAllowed(origin: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes("*") || allowed.includes(origin)) return true;
  const host = hostOfAuthority(WEB_ORIGIN.exec(origin)?.[1] ?? "");
  return host !== undefined && isLoopbackHost(host);
}

/**
 * Whether a request with this `Host` may use a simulator that listens on a port. A web page can resolve its own name to this
 * machine (DNS rebinding): its requests then carry no foreign `Origin`, but its own name as `Host`.
 *
 * @param host the header's value
 * @param allowed canonical hosts that are allowed besides loopback ones; `"*"` allows all
 */
export function isHostAllowed(host: string | undefined, allowed: ReadonlySet<string>): boolean {
  if (allowed.has("*")) return true;
  const canonical = hostOfAuthority(host ?? "");
  return canonical !== undefined && (isLoopbackHost(canonical) || allowed.has(canonical));
}

import { decodeBase64Url } from "../../codec/base64.js";

/** The subprotocol that the server selects; the one that carries the key stands beside it and is not echoed. */
export const SUBPROTOCOL = "backtest";
const KEY_SUBPROTOCOL = "x-api-key.";

/** What an HTTP request or an upgrade says of who sends it. Header names are in lower case. */
export interface Credentials {
  headers: Readonly<Record<string, string | undefined>>;
  query: URLSearchParams;
  /** Subprotocols that were offered; none on plain HTTP. */
  protocols: readonly string[];
}

/** Every key that was sent, in whichever form: header, query, subprotocol. */
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

const LOOPBACK = /^https?:\/\/(?:localhost|(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/**
 * Whether what sends an `Origin` may talk to us: any web page can open a WebSocket to 127.0.0.1. Without one it is no
 * page. Pages of this machine are let in, on any port, and those that were named; `null`, a page without an origin of
 * its own, only by name.
 */
export function isOriginAllowed(origin: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined) return true;
  return LOOPBACK.test(origin) || allowed.includes("*") || allowed.includes(origin);
}

import { decodeBase64Url } from "../../codec/base64.js";
import { isValidKey } from "../api-key.js";

/**
 * The subprotocol that the proxy selects. A page can also offer its API key as a subprotocol, and the proxy must not echo the
 * key.
 */
export const SUBPROTOCOL = "backtest";
const KEY_SUBPROTOCOL = "x-api-key.";

/** The parts of a page's request that can contain a key. */
export interface PageCredentials {
  /** The header `X-API-Key`. Only HTTP requests can have it, because browsers cannot send headers with a WebSocket. */
  header: string | undefined;
  query: URLSearchParams;
  /** The subprotocols that the page offers. */
  protocols: readonly string[];
}

/** Returns the API key that a page sends. `undefined` if it sends no key, or a key that a header cannot contain. */
export function pageKey({ header, query, protocols }: PageCredentials): string | undefined {
  const encoded = protocols.find((protocol) => protocol.startsWith(KEY_SUBPROTOCOL))?.slice(KEY_SUBPROTOCOL.length);
  const key = header ?? (encoded === undefined ? undefined : decode(encoded)) ?? query.get("api_key") ?? undefined;
  return key !== undefined && isValidKey(key) ? key : undefined;
}

function decode(encoded: string): string | undefined {
  try {
    return decodeBase64Url(encoded);
  } catch {
    return undefined;
  }
}

/** Copies a query without the API key. */
export function withoutKey(query: URLSearchParams): URLSearchParams {
  const rest = new URLSearchParams(query);
  rest.delete("api_key");
  return rest;
}

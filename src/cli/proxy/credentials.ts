import { decodeBase64Url } from "../../codec/base64.js";

/** The subprotocol that the proxy selects. Pages also offer the one with the key, which must not be echoed. */
export const SUBPROTOCOL = "backtest";
const KEY_SUBPROTOCOL = "x-api-key.";

/** The parts of a page's request that can contain a key. */
export interface PageCredentials {
  /** The header `X-API-Key`, which only HTTP requests can have. */
  header: string | undefined;
  query: URLSearchParams;
  /** The offered subprotocols. */
  protocols: readonly string[];
}

/** Characters of a header value (RFC 9110, 5.5). */
const VISIBLE = /^[\x21-\x7e]+$/;

/** The key of a page; `undefined` if it sends none, or one that a header cannot contain. */
export function pageKey({ header, query, protocols }: PageCredentials): string | undefined {
  const encoded = protocols.find((protocol) => protocol.startsWith(KEY_SUBPROTOCOL))?.slice(KEY_SUBPROTOCOL.length);
  const key = header ?? (encoded === undefined ? undefined : decode(encoded)) ?? query.get("api_key") ?? undefined;
  return key !== undefined && VISIBLE.test(key) ? key : undefined;
}

function decode(encoded: string): string | undefined {
  try {
    return decodeBase64Url(encoded);
  } catch {
    return undefined;
  }
}

/** A query without the key. */
export function withoutKey(query: URLSearchParams): URLSearchParams {
  const rest = new URLSearchParams(query);
  rest.delete("api_key");
  return rest;
}

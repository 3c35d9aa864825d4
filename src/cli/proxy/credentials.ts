import { decodeBase64Url } from "../../codec/base64.js";

/** The subprotocol that pages offer beside the one with the key; it is what is selected, so that the key isn't echoed. */
export const SUBPROTOCOL = "backtest";
const KEY_SUBPROTOCOL = "x-api-key.";

/** The parts of a page's request that a key can stand in. */
export interface PageCredentials {
  /** The header `x-api-key`: pages can send it with a fetch. */
  header: string | undefined;
  query: URLSearchParams;
  /** Subprotocols that were offered. */
  protocols: readonly string[];
}

/** RFC 9110, 5.5: what a header's value can be. */
const VISIBLE = /^[\x21-\x7e]+$/;

/** The key that a page sends, in whichever form; undefined for none, and for what no header can carry. */
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

import { encodeBase64Url } from "../codec/base64.js";
import type { SocketTarget } from "./socket.js";

/**
 * Where the API key is sent in the upgrade request of the control channel.
 *
 * - `header`: `X-API-Key`. Only in Node.js. It is the only form that the hosted service is known to accept today.
 * - `subprotocol`: `["backtest", "x-api-key." + base64url(key)]`. The server selects `backtest`, so it does not echo the key.
 * - `query`: `?api_key=key`. Browsers print the URL of a failed socket, so it is never the default.
 */
export type AuthMode = "header" | "query" | "subprotocol";

export interface Credentials {
  mode: AuthMode;
  /** If absent, no key is sent. */
  apiKey?: string | undefined;
  /** Custom headers. They are sent in every mode if the platform can send headers. */
  headers: Readonly<Record<string, string>>;
  userAgent: string;
  /** An `http.Agent` of Node.js, for proxies. */
  agent?: unknown;
}

/** Adds the credentials to a URL. */
export function authorize(url: string, credentials: Credentials): SocketTarget {
  const { mode, apiKey, headers, userAgent, agent } = credentials;
  const key = mode === "header" && apiKey !== undefined ? { "X-API-Key": apiKey } : {};
  const target: SocketTarget = {
    url,
    options: { headers: { "User-Agent": userAgent, ...headers, ...key }, ...(agent !== undefined && { agent }) },
  };
  if (apiKey !== undefined && mode === "subprotocol") target.protocols = ["backtest", `x-api-key.${encodeBase64Url(apiKey)}`];
  if (apiKey !== undefined && mode === "query") {
    const withKey = new URL(url);
    withKey.searchParams.set("api_key", apiKey);
    target.url = withKey.href;
  }
  return target;
}

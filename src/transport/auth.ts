import { encodeBase64Url } from "../codec/base64.js";
import type { SocketTarget } from "./socket.js";

/**
 * Where the API key goes on the control channel's upgrade.
 *
 * - `header`: `X-API-Key`, the only form that today's hosted service is known to read; Node.js only.
 * - `subprotocol`: `["backtest", "x-api-key." + base64url(key)]`, of which the server selects `backtest`, so that the key
 *   isn't echoed.
 * - `query`: `?api_key=key`. Browsers print the URL of a failed socket: only for who asks for it.
 */
export type AuthMode = "header" | "query" | "subprotocol";

export interface Credentials {
  mode: AuthMode;
  /** Absent: nothing is sent. */
  apiKey?: string | undefined;
  /** Sent only where headers can be, whatever the mode. */
  headers: Readonly<Record<string, string>>;
  userAgent: string;
  /** Node.js' `http.Agent`, for proxies. */
  agent?: unknown;
}

/** What to open for a URL and a key. */
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

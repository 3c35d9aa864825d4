import { invalidParams } from "./simulator-error.js";

/**
 * The control channel's URL from a user's spelling: a bare host becomes `wss://host/backtest`; a `ws(s)://` URL gains
 * `/backtest` unless its path ends with it; any other scheme is passed through. Idempotent.
 */
export function backtestWsUrl(url: string): string {
  const bare = url.replace(/\/+$/, "");
  if (/^wss?:\/\//i.test(url)) return bare.endsWith("/backtest") ? bare : `${bare}/backtest`;
  return url.includes("://") ? url : `wss://${bare}/backtest`;
}

/** The HTTP base of a control URL: `wss://host:port/path` → `https://host:port`. */
export function httpBaseUrl(wsUrl: string): string {
  const http = wsUrl.replace(/^ws/i, "http");
  return /^[^:]+:\/\/[^/?#]*/.exec(http)?.[0] ?? http;
}

/** `http(s)://` as `ws(s)://`, the rest kept. */
export function httpToWsUrl(url: string): string {
  return url.replace(/^http/i, "ws");
}

/** A session's RPC URL: an absolute `http(s)://` endpoint as it is, any other joined to the HTTP base. */
export function resolveRpcEndpoint(httpBase: string, endpoint: string): string {
  if (/^https?:\/\//i.test(endpoint)) return endpoint;
  return `${httpBase}/${endpoint.replace(/^\/+/, "")}`;
}

/**
 * Checks what a user gave as the simulator's URL and returns the control channel's.
 *
 * @throws SimulatorError `invalidParams` (field `url`) if no WebSocket can be opened to it
 */
export function checkedControlUrl(url: unknown): string {
  if (typeof url !== "string" || url.trim() === "") {
    throw invalidParams("url", "expected the simulator's address, such as wss://simulator.example or a bare host name");
  }
  const control = backtestWsUrl(url.trim());
  let parsed: URL;
  try {
    parsed = new URL(control);
  } catch (cause) {
    throw invalidParams("url", `${withoutQuery(url)} is not a URL: expected wss://host, ws://host:port or a bare host name`, cause);
  }
  if (parsed.protocol !== "ws:" && parsed.protocol !== "wss:") {
    throw invalidParams("url", `${withoutQuery(url)} has the scheme ${parsed.protocol}; a session is driven over ws:// or wss://`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw invalidParams("url", "credentials in the URL are not sent; give the API key as apiKey");
  }
  return control;
}

/** What of a URL may be printed: a query can hold a key, and so can the part before an @. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/\/\/[^/@]*@/, "//");
}

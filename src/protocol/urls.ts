import { invalidParams } from "./error-helpers.js";

/**
 * Returns the URL of the control channel. A host name becomes `wss://host/backtest`. A `ws(s)://` URL gets `/backtest` at the end
 * of its path, unless it is already there. A URL with any other scheme is not changed. The scheme is converted to lower case, and a
 * query stays after the path. The function is idempotent.
 */
export function backtestWsUrl(url: string): string {
  const scheme = /^wss?:\/\//i.exec(url)?.[0].toLowerCase();
  const rest = url.slice(scheme?.length ?? 0);
  const placeEnd = rest.search(/[?#]|$/);
  const place = rest.slice(0, placeEnd).replace(/\/+$/, "");
  if (scheme === undefined && place.includes("://")) return url;
  return (scheme ?? "wss://") + place + (place.endsWith("/backtest") ? "" : "/backtest") + rest.slice(placeEnd);
}

/** Returns the HTTP base for a control URL: `wss://host:port/path` → `https://host:port`. */
export function httpBaseUrl(wsUrl: string): string {
  const http = wsUrl.replace(/^ws(s?):/i, (_scheme, secure: string) => `http${secure.toLowerCase()}:`);
  return /^[^:]+:\/\/[^/?#]*/.exec(http)?.[0] ?? http;
}

/** Replaces `http(s)://` with `ws(s)://`. */
export function httpToWsUrl(url: string): string {
  return url.replace(/^http(s?):/i, (_scheme, secure: string) => `ws${secure.toLowerCase()}:`);
}

/**
 * Returns the RPC URL of a session. An absolute `http(s)://` endpoint is not changed. Any other endpoint is appended to the HTTP
 * base.
 */
export function resolveRpcEndpoint(httpBase: string, endpoint: string): string {
  if (/^https?:\/\//i.test(endpoint)) return endpoint;
  return `${httpBase}/${endpoint.replace(/^\/+/, "")}`;
}

/**
 * Validates the URL of a simulator and returns the URL of its control channel.
 *
 * @throws SimulatorError `invalidParams` (field `url`) if the URL is not valid for a WebSocket
 */
export function checkedControlUrl(url: unknown): string {
  if (typeof url !== "string" || url.trim() === "") {
    throw invalidParams("url", "expected wss://host, ws://host:port or a bare host name");
  }
  const control = backtestWsUrl(url.trim());
  let parsed: URL;
  try {
    // An empty host is checked first, because `URL` would read the path in `wss:///backtest` as a host.
    if (/^wss?:\/\/[/?#]/i.test(control)) throw new TypeError("no host");
    parsed = new URL(control);
  } catch {
    // The error of `URL` is not used as the cause. In Node.js, this error contains the whole URL, and a query can contain a key.
    throw invalidParams("url", `${withoutQuery(url)} is not a URL: expected wss://host, ws://host:port or a bare host name`);
  }
  if (parsed.protocol !== "ws:" && parsed.protocol !== "wss:") {
    throw invalidParams("url", `${withoutQuery(url)} has the scheme ${parsed.protocol}; expected ws:// or wss://`);
  }
  if (parsed.hash !== "")
    throw invalidParams("url", `${withoutQuery(url)} has a fragment (#), which is not allowed in a WebSocket URL`);
  if (parsed.username !== "" || parsed.password !== "") {
    throw invalidParams("url", "credentials in the URL are not sent; pass the API key as apiKey");
  }
  return control;
}

/** Removes the query and the credentials from a URL, because they can contain a key. Error messages show the result. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1");
}

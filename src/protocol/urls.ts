import { invalidParams } from "./error-helpers.js";

/**
 * The URL of the control channel. A bare host becomes `wss://host/backtest`. A `ws(s)://` URL gets `/backtest` unless its path ends
 * with it. Any other scheme is passed through. The scheme becomes lower case, and a query stays after the path. Idempotent.
 */
export function backtestWsUrl(url: string): string {
  const scheme = /^wss?:\/\//i.exec(url)?.[0].toLowerCase();
  const rest = url.slice(scheme?.length ?? 0);
  const placeEnd = rest.search(/[?#]|$/);
  const place = rest.slice(0, placeEnd).replace(/\/+$/, "");
  if (scheme === undefined && place.includes("://")) return url;
  return (scheme ?? "wss://") + place + (place.endsWith("/backtest") ? "" : "/backtest") + rest.slice(placeEnd);
}

/** The HTTP base of a control URL: `wss://host:port/path` → `https://host:port`. */
export function httpBaseUrl(wsUrl: string): string {
  const http = wsUrl.replace(/^ws(s?):/i, (_scheme, secure: string) => `http${secure.toLowerCase()}:`);
  return /^[^:]+:\/\/[^/?#]*/.exec(http)?.[0] ?? http;
}

/** Replaces `http(s)://` with `ws(s)://`. */
export function httpToWsUrl(url: string): string {
  return url.replace(/^http(s?):/i, (_scheme, secure: string) => `ws${secure.toLowerCase()}:`);
}

/** The RPC URL of a session: an absolute `http(s)://` endpoint unchanged, any other joined to the HTTP base. */
export function resolveRpcEndpoint(httpBase: string, endpoint: string): string {
  if (/^https?:\/\//i.test(endpoint)) return endpoint;
  return `${httpBase}/${endpoint.replace(/^\/+/, "")}`;
}

/**
 * Validates the URL of a simulator and returns the URL of its control channel.
 *
 * @throws SimulatorError `invalidParams` (field `url`) if no WebSocket can be opened to it
 */
export function checkedControlUrl(url: unknown): string {
  if (typeof url !== "string" || url.trim() === "") {
    throw invalidParams("url", "expected the address of a simulator, such as wss://simulator.example or a bare host name");
  }
  const control = backtestWsUrl(url.trim());
  let parsed: URL;
  try {
    // `URL` would read the path of `wss:///backtest` as a host.
    if (/^wss?:\/\/[/?#]/i.test(control)) throw new TypeError("no host");
    parsed = new URL(control);
  } catch {
    // Without the cause, because in Node.js it contains the whole text, and a query can contain a key.
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

/** A URL without its query and credentials, which can contain a key. For messages. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1");
}

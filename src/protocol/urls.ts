import { invalidParams } from "./simulator-error.js";

/**
 * The control channel's URL from a user's spelling: a bare host becomes `wss://host/backtest`; a `ws(s)://` URL gains
 * `/backtest` unless its path ends with it; any other scheme is passed through. The scheme is lowered, a query stays
 * behind the path. Idempotent.
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

/** `http(s)://` as `ws(s)://`, the rest kept. */
export function httpToWsUrl(url: string): string {
  return url.replace(/^http(s?):/i, (_scheme, secure: string) => `ws${secure.toLowerCase()}:`);
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
    // `URL` would take the path of `wss:///backtest` for a host.
    if (/^wss?:\/\/[/?#]/i.test(control)) throw new TypeError("no host");
    parsed = new URL(control);
  } catch {
    // Without the cause: Node's holds the whole text, and a query can hold a key.
    throw invalidParams("url", `${withoutQuery(url)} is not a URL: expected wss://host, ws://host:port or a bare host name`);
  }
  if (parsed.protocol !== "ws:" && parsed.protocol !== "wss:") {
    throw invalidParams(
      "url",
      `${withoutQuery(url)} has the scheme ${parsed.protocol}; a session is driven over ws:// or wss://`,
    );
  }
  if (parsed.hash !== "")
    throw invalidParams("url", `${withoutQuery(url)} has a fragment (#), which a WebSocket's URL may not have`);
  if (parsed.username !== "" || parsed.password !== "") {
    throw invalidParams("url", "credentials in the URL are not sent; give the API key as apiKey");
  }
  return control;
}

/** What of a URL may be printed: a query can hold a key, and so can the part before an @. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1");
}

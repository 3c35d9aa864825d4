import { stringifyJson } from "../codec/json.js";
import { parseSessionId } from "../protocol/ids.js";
import { isAuthorized, isOriginAllowed } from "./auth.js";
import type { LedgerBundle } from "./engine.js";
import { answerBody } from "./session-rpc.js";
import type { Simulator } from "./simulator.js";

export interface HttpRequest {
  method: string;
  /** Path and query. */
  target: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A request's path and query; a target that isn't one has an empty path. */
export function readTarget(target: string): { path: string; query: URLSearchParams } {
  const at = target.indexOf("?");
  const path = at < 0 ? target : target.slice(0, at);
  return { path: path.replace(/\/+$/, "") || "/", query: new URLSearchParams(at < 0 ? "" : target.slice(at)) };
}

/** The session that a path `/backtest/ID` names. */
export function sessionIdOf(path: string): string | undefined {
  const [, id] = /^\/backtest\/([^/]+)$/.exec(path) ?? [];
  return parseSessionId(id);
}

/** Answers an HTTP request. Never rejects for what the request says. */
export async function answerHttp(simulator: Simulator, request: HttpRequest): Promise<HttpResponse> {
  const { origin } = request.headers;
  if (!isOriginAllowed(origin, simulator.settings.allowedOrigins)) {
    return text(403, "this origin may not use the local simulator");
  }
  const response = request.method === "OPTIONS" ? preflight(request) : await route(simulator, request);
  if (origin !== undefined) {
    response.headers["access-control-allow-origin"] = origin;
    response.headers.vary = "Origin";
  }
  return response;
}

/** https://fetch.spec.whatwg.org/#cors-preflight-fetch and https://wicg.github.io/private-network-access/ */
function preflight({ headers }: HttpRequest): HttpResponse {
  return {
    status: 204,
    headers: {
      "access-control-allow-methods": "GET, POST, OPTIONS",
      "access-control-allow-headers": headers["access-control-request-headers"] ?? "content-type, x-api-key",
      "access-control-max-age": "600",
      ...(headers["access-control-request-private-network"] === "true" && { "access-control-allow-private-network": "true" }),
    },
    body: "",
  };
}

async function route(simulator: Simulator, request: HttpRequest): Promise<HttpResponse> {
  const { path, query } = readTarget(request.target);
  switch (path) {
    case "/health":
    case "/ready":
      return isRead(request) ? text(200, "ok") : notAllowed("GET");
    case "/available-ranges": {
      if (!isRead(request)) return notAllowed("GET");
      const credentials = { headers: request.headers, query, protocols: [] };
      if (!isAuthorized(simulator.settings.apiKey, credentials, "optional")) return text(401, "the API key is not known");
      return json(200, stringifyJson(simulator.settings.engine.bundles.map(availableRange)));
    }
    default: {
      const sessionId = sessionIdOf(path);
      const session = sessionId === undefined ? undefined : simulator.registry.findReadable(sessionId);
      if (session === undefined) return text(404, sessionId === undefined ? "no such path" : "no such session");
      return request.method === "POST" ? json(200, await answerBody(session, request.body)) : notAllowed("POST");
    }
  }
}

function isRead({ method }: HttpRequest): boolean {
  return method === "GET" || method === "HEAD";
}

/** `AvailableRange` of the published types. */
function availableRange({ startSlot, endSlot, startTime, endTime }: LedgerBundle): Record<string, unknown> {
  return {
    bundle_start_slot: startSlot,
    bundle_start_slot_utc: utc(startTime),
    max_bundle_end_slot: endSlot,
    max_bundle_end_slot_utc: utc(endTime),
    max_bundle_size: endSlot - startSlot + 1n,
    kind: "blocks",
    scope: "global",
  };
}

/** RFC 3339; null for what no `Date` can hold. */
function utc(seconds: bigint): string | null {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function text(status: number, body: string): HttpResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}

function json(status: number, body: string): HttpResponse {
  return { status, headers: { "content-type": "application/json" }, body };
}

function notAllowed(allow: string): HttpResponse {
  const response = text(405, `only ${allow}`);
  response.headers.allow = `${allow}, OPTIONS`;
  return response;
}

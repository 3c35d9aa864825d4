import { answerBody } from "../rpc/rpc-dispatcher.js";
import { reasonOf } from "../wire/backtest-failure.js";
import { isAuthorized, isOriginAllowed } from "./access-control.js";
import { readTarget, sessionIdOf } from "./request-target.js";
import { type HttpRequest, type HttpResponse, jsonText, textAnswer } from "./service/http-message.js";
import { ROUTES } from "./service/http-routes.js";
import type { Simulator } from "./simulator.js";

/** Answers an HTTP request. Never rejects, whatever the request contains. */
export async function answerHttp(simulator: Simulator, request: HttpRequest): Promise<HttpResponse> {
  const { origin } = request.headers;
  if (!isOriginAllowed(origin, simulator.settings.allowedOrigins)) {
    return textAnswer(403, "this origin is not allowed; start the simulator with the option allowedOrigins");
  }
  const response = request.method === "OPTIONS" ? preflight(request) : await routed(simulator, request);
  if (origin !== undefined) {
    response.headers["access-control-allow-origin"] = origin;
    response.headers.vary = "Origin";
  }
  return response;
}

/**
 * Answers a CORS preflight. See https://fetch.spec.whatwg.org/#cors-preflight-fetch and
 * https://wicg.github.io/private-network-access/
 */
function preflight({ headers }: HttpRequest): HttpResponse {
  return {
    status: 204,
    headers: {
      "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
      "access-control-allow-headers": headers["access-control-request-headers"] ?? "content-type, x-api-key",
      "access-control-max-age": "600",
      ...(headers["access-control-request-private-network"] === "true" && { "access-control-allow-private-network": "true" }),
    },
    body: "",
  };
}

async function routed(simulator: Simulator, request: HttpRequest): Promise<HttpResponse> {
  try {
    return await route(simulator, request);
  } catch (error) {
    return textAnswer(500, `the local simulator failed: ${reasonOf(error)}`);
  }
}

async function route(simulator: Simulator, request: HttpRequest): Promise<HttpResponse> {
  const { path, query } = readTarget(request.target);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const routes = ROUTES.filter((one) => one.path.test(path));
  if (routes.length === 0) return answerSession(simulator, path, request);
  const known = routes.find((one) => one.method === method);
  if (known === undefined) return notAllowed(routes.map((one) => one.method));
  const credentials = { headers: request.headers, query, protocols: [] };
  if (known.key !== "ignored" && !isAuthorized(simulator.settings.apiKey, credentials, known.key)) {
    return textAnswer(401, "the API key is missing or invalid");
  }
  const [, id = ""] = known.path.exec(path) ?? [];
  return known.answer(simulator.service, { query, body: request.body, id });
}

async function answerSession(simulator: Simulator, path: string, { method, body }: HttpRequest): Promise<HttpResponse> {
  const sessionId = sessionIdOf(path);
  if (sessionId === undefined) return textAnswer(404, "no such path");
  const session = simulator.registry.findReadable(sessionId);
  if (session === undefined) return textAnswer(404, "no such session");
  return method === "POST" ? jsonText(await answerBody(session, body)) : notAllowed(["POST"]);
}

function notAllowed(allowed: readonly string[]): HttpResponse {
  const response = textAnswer(405, `method not allowed; use ${allowed.join(" or ")}`);
  response.headers.allow = [...allowed, "OPTIONS"].join(", ");
  return response;
}

import {
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
  type ServerResponse,
} from "node:http";
import { request as requestHttps } from "node:https";
import { Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { answerText } from "../loopback.js";
import { PROXY_LIMITS } from "./proxy-limits.js";

/** The headers of a page's request that are forwarded. */
const REQUEST_HEADERS = ["accept", "accept-encoding", "content-type", "content-length"] as const;
/**
 * The response headers that are not forwarded. Some apply only to one connection (RFC 9110, 7.6.1). The others apply only to the
 * host of the service.
 */
const DROPPED_RESPONSE_HEADERS =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|set-cookie|access-control-.*|vary|alt-svc|strict-transport-security)$/i;

export interface HttpRelay {
  url: URL;
  /** Headers that the proxy adds to the request: API key and user agent. */
  headers: Record<string, string>;
  /** Headers that the proxy adds to the response, for CORS. */
  responseHeaders: Record<string, string>;
  /** The agent for the request. @default the agent of Node.js */
  agent?: Agent | undefined;
}

/**
 * Relays a request and its response, with back pressure in both directions. Redirects are passed to the page instead of being
 * followed, so that the API key is not sent to their target.
 *
 * Only a POST request is allowed to have a body. For other methods, Node.js would forward a chunked body without framing, and the
 * service would read the body as the next request (CWE-444).
 *
 * @returns the reason if the service did not respond; `undefined` if it did
 */
export async function relayHttp(
  request: IncomingMessage,
  response: ServerResponse,
  { url, headers, responseHeaders, agent }: HttpRelay,
): Promise<string | undefined> {
  if (request.method !== "POST" && hasBody(request.headers)) {
    answerText(response, 400, `a ${request.method} request must not have a body`, responseHeaders);
    return undefined;
  }
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const outgoing = send(url, { method: request.method, headers: { ...pick(request.headers), ...headers }, agent });
  outgoing.setTimeout(PROXY_LIMITS.idleMs, () => outgoing.destroy(new Error(`no data for ${PROXY_LIMITS.idleMs / 1000} s`)));
  response.on("close", () => outgoing.destroy());
  const body = new LimitedBody(PROXY_LIMITS.bodyBytes);
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
  });
  // Ignores an error while sending the body, because the service can respond nevertheless. Without a response, `answered` rejects.
  pipeline(request, body, outgoing).catch(() => {});
  try {
    const answer = await answered;
    response.writeHead(answer.statusCode ?? 502, { ...keep(answer.headers), ...responseHeaders });
    await pipeline(answer, response);
    return undefined;
  } catch (error) {
    if (response.headersSent) {
      // The connection is cut, so that the page does not treat an incomplete body as complete.
      response.destroy();
    } else if (body.isOver) {
      answerText(response, 413, `the body must not exceed ${PROXY_LIMITS.bodyBytes} bytes`, responseHeaders);
      return undefined;
    } else {
      answerText(response, 502, "the service did not respond", responseHeaders);
    }
    return reasonOf(error);
  }
}

/** Whether a request has a body. See RFC 9112, 6.3. */
function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;
}

function pick(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(REQUEST_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

function keep(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || DROPPED_RESPONSE_HEADERS.test(name) ? [] : [[name, value]],
    ),
  );
}

export function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}

/** Forwards data, but fails after a maximum number of bytes. */
class LimitedBody extends Transform {
  readonly #limit: number;
  #passed = 0;

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  get isOver(): boolean {
    return this.#passed > this.#limit;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#passed += chunk.length;
    if (this.isOver) done(new Error("the body is too large"));
    else done(null, chunk);
  }
}

import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import { request as requestHttps } from "node:https";
import { Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { answerText } from "../loopback.js";
import { PROXY_LIMITS } from "./proxy-limits.js";

/** What of a page's request goes on; the rest is the browser's talk with whom it takes us for. */
const REQUEST_HEADERS = ["accept", "accept-encoding", "content-type", "content-length"] as const;
/** What of an answer doesn't: it is of this one connection (RFC 9110, 7.6.1), or a matter between the page and us. */
const DROPPED_ANSWER_HEADERS =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|set-cookie|access-control-.*|vary|alt-svc|strict-transport-security)$/i;

export interface HttpRelay {
  url: URL;
  /** What goes to the service besides what the page sent: key and name. */
  headers: Record<string, string>;
  /** What goes to the page besides what the service sent: CORS. */
  answerHeaders: Record<string, string>;
}

/**
 * Passes a request on and its answer back, each as fast as it is taken. Redirects are the page's business: the key doesn't go
 * after them.
 *
 * @returns why there was no answer; undefined if there was one
 */
export async function relayHttp(
  request: IncomingMessage,
  response: ServerResponse,
  { url, headers, answerHeaders }: HttpRelay,
): Promise<string | undefined> {
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const outgoing = send(url, { method: request.method, headers: { ...pick(request.headers), ...headers } });
  outgoing.setTimeout(PROXY_LIMITS.idleMs, () => outgoing.destroy(new Error(`no byte for ${PROXY_LIMITS.idleMs / 1000} s`)));
  response.on("close", () => outgoing.destroy());
  const body = new Bounded(PROXY_LIMITS.bodyBytes);
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
  });
  // A service may answer before it has all of the body: what becomes of that shows in the answer.
  pipeline(request, body, outgoing).catch(() => {});
  try {
    const answer = await answered;
    response.writeHead(answer.statusCode ?? 502, { ...keep(answer.headers), ...answerHeaders });
    await pipeline(answer, response);
    return undefined;
  } catch (error) {
    if (response.headersSent) {
      // Cut short: the page must not take what it got for the whole.
      response.destroy();
    } else if (body.isOver) {
      answerText(response, 413, `a body has at most ${PROXY_LIMITS.bodyBytes} bytes`, answerHeaders);
      return undefined;
    } else {
      answerText(response, 502, "the service did not answer", answerHeaders);
    }
    return reasonOf(error);
  }
}

function pick(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(REQUEST_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

function keep(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || DROPPED_ANSWER_HEADERS.test(name) ? [] : [[name, value]],
    ),
  );
}

export function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}

/** Passes on what comes, up to so many bytes. */
class Bounded extends Transform {
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
    if (this.isOver) done(new Error("the body is too long"));
    else done(null, chunk);
  }
}

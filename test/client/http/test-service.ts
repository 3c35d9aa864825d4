import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { HttpContext, HttpPlatform } from "../../../src/client/http/exchange.js";
import { HttpCalls } from "../../../src/client/http/http-calls.js";
import { redactor } from "../../../src/protocol/redact.js";
import { Mailbox } from "../../support/mailbox.js";

export const KEY = "key-0123456789";

/** A request that the service has received. */
export interface Received {
  method: string;
  /** The exact path and query. */
  target: string;
  headers: IncomingMessage["headers"];
  body: string;
  /** Settles when the response was sent completely, or when the client has closed the connection. */
  closed: Promise<unknown>;
}

export interface TestService {
  base: string;
  /** The requests, in order. */
  received: Received[];
  /** Resolves with the next request that has not been returned yet. */
  next(): Promise<Received>;
}

export type Answer = (response: ServerResponse, request: Received) => unknown;

/** Starts a real server on the loopback interface. The server sends its responses in order, and repeats the last response. */
export async function startService(...answers: Answer[]): Promise<TestService> {
  const received: Received[] = [];
  const mailbox = new Mailbox<Received>("an HTTP request");
  const server = createServer(async (incoming, response) => {
    const closed = new Promise((resolve) => response.once("close", resolve));
    let body = "";
    for await (const chunk of incoming.setEncoding("utf8")) body += chunk;
    const request: Received = {
      method: incoming.method ?? "",
      target: incoming.url ?? "",
      headers: incoming.headers,
      body,
      closed,
    };
    const answer = answers[Math.min(received.length, answers.length - 1)];
    received.push(request);
    mailbox.put(request);
    await answer?.(response, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, next: () => mailbox.take(5_000) };
}

/** Returns an answer with the status 200 and a value as JSON. A string is sent unchanged. */
export function ok(answer: unknown): Answer {
  return status(200, typeof answer === "string" ? answer : JSON.stringify(answer));
}

export function status(code: number, body = "", headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(code, headers).end(body);
}

/** A platform on which waits between attempts end at once and are recorded. The timeout of a call never fires. */
export class ImpatientPlatform implements HttpPlatform {
  readonly waits: number[] = [];
  random = (): number => 0.5;
  readonly fetch: HttpPlatform["fetch"] = (input, init) => fetch(input, init);
  #now = 1_700_000_000_000;

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    if (ms >= 30_000) return undefined;
    this.waits.push(ms);
    this.#now += ms;
    return setImmediate(callback);
  }

  clearTimeout(timer: unknown): void {
    clearImmediate(timer as NodeJS.Immediate);
  }

  randomHex(bytes: number): string {
    return "0a".repeat(bytes);
  }
}

export function callsTo(base: string, context: Partial<HttpContext> = {}): HttpCalls {
  return new HttpCalls({
    platform: new ImpatientPlatform(),
    base,
    headers: async () => ({ "X-API-Key": KEY }),
    redact: redactor([KEY]),
    ...context,
  });
}

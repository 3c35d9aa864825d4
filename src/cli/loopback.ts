import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { hostOfAuthority, isLoopbackHost } from "../protocol/host.js";
import { Failure } from "./command-failure.js";

/** The address on which the commands listen. Only programs on this machine can reach it. */
export const LOOPBACK = "127.0.0.1";

/** A listening server. Unlike `close` of Node.js, its `close` also closes upgraded sockets. */
export interface OpenServer {
  readonly server: Server;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * @param option the option that sets the port, for the error message
 * @throws Failure if the port cannot be opened
 */
export async function listen(handle: RequestListener, port: number, option: string): Promise<OpenServer> {
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 60_000 }, handle);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(portProblem(port, option, cause)));
    server.listen(port, LOOPBACK, resolve);
  });
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { server, port: (server.address() as AddressInfo).port, close };
}

function portProblem(port: number, option: string, cause: NodeJS.ErrnoException): Failure {
  const why: Record<string, string> = {
    EADDRINUSE: `the port is in use. Use another one with ${option}, or 0 for any free port`,
    EACCES: `permission denied. Use a port above 1023 with ${option}`,
  };
  return new Failure(`cannot listen on ${LOOPBACK}:${port}: ${why[cause.code ?? ""] ?? cause.message}`, { code: "port", cause });
}

/**
 * Whether the `Host` header of a request names this machine. The check prevents DNS rebinding: a web page can make its own host
 * name resolve to this machine. The browser then treats the page's requests as same-origin, but their `Host` is the page's host
 * name.
 */
export function isForLoopback({ headersDistinct }: IncomingMessage): boolean {
  const [authority = "", ...others] = headersDistinct.host ?? [];
  const host = hostOfAuthority(authority);
  return host !== undefined && others.length === 0 && isLoopbackHost(host);
}

/** Reads the body of a request. Returns `undefined` if it is longer than `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Sends a text response. An error response also closes the connection, because the request may not have been read completely. */
export function answerText(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    ...(status >= 400 && { connection: "close" }),
    ...headers,
  });
  response.end(text);
}

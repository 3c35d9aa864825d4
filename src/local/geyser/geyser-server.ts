import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { encodeMessage } from "../../codec/protobuf.js";
import {
  GEYSER_METHODS,
  REPLAY_INFO_RESPONSE,
  SESSION_HEADER,
  TOKEN_HEADER,
  VERSION_RESPONSE,
} from "../../protocol/geyser/geyser-schema.js";
import { parseSessionId } from "../../protocol/ids.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { VERSION } from "../../version.js";
import { Link } from "../link/link.js";
import { isAuthorized, isOriginAllowed } from "../server/access-control.js";
import type { Simulator } from "../server/simulator.js";
import type { Session } from "../session/local-session.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { firstAvailableSlot, GeyserConnection } from "./geyser-connection.js";
import { GeyserPeer } from "./geyser-peer.js";
import { frameMessage } from "./grpc-framing.js";
import { GRPC_STATUS, GrpcRefusal, trailersOf } from "./grpc-status.js";

export interface GeyserServerOptions {
  port: number;
  host: string;
  /**
   * Whether a request with this `Host` (`authority`) is accepted. `localAddress` is the server's own address on the connection.
   */
  isHostAllowed(authority: string | undefined, localAddress: string | undefined): boolean;
}

/** The Yellowstone service of a simulator, on its own port. */
export interface GeyserServer {
  readonly port: number;
  /** Cuts all connections, and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts the Yellowstone gRPC service of a simulator: `Subscribe`, `SubscribeReplayInfo` and `GetVersion` of each session. A call
 * names its session in the path `/backtest/ID/geyser.Geyser/METHOD`, or in the metadata `x-backtest-session-id`.
 *
 * The service uses the HTTP/2 server of Node.js and not `@grpc/grpc-js`. Paths can then contain the session, faults can cut
 * messages, and the simulator needs no other package.
 *
 * @throws SimulatorError `unreachable` if the port is not available
 */
export async function startGeyserServer(simulator: Simulator, options: GeyserServerOptions): Promise<GeyserServer> {
  const { port, host } = options;
  const server = createServer({
    maxSessionMemory: 64,
    settings: { maxConcurrentStreams: LIMITS.geyserCallsPerConnection },
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  // Without this listener, an error of a connection would end the process. With it, Node.js only closes the connection.
  server.on("sessionError", () => {});
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on("error", () => {});
    try {
      answerCall(simulator, options, stream, headers);
    } catch (error) {
      if (!(error instanceof GrpcRefusal)) throw error;
      refuseCall(stream, error);
    }
  });
  await listen(server, port, host);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(server: Http2Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "the port is in use; use another port, or 0 for any free port" : cause.message;
      const message = `cannot start the Geyser service on ${host}, port ${port}: ${why}`;
      reject(new SimulatorError("unreachable", message, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
}

/** @throws GrpcRefusal */
function answerCall(
  simulator: Simulator,
  { isHostAllowed }: GeyserServerOptions,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  const localAddress = stream.session?.socket.localAddress;
  if (!isHostAllowed(headers[":authority"] ?? headers.host, localAddress)) return refuseHttp(stream, 403);
  if (!isOriginAllowed(headers.origin, simulator.settings.allowedOrigins)) return refuseHttp(stream, 403);
  if (headers[":method"] !== "POST" || !/^application\/grpc(?:\+proto)?$/.test(headers["content-type"] ?? "")) {
    return refuseHttp(stream, 415);
  }
  const { sessionId, method } = readPath(headers);
  const fault = simulator.faults.refusalOfUpgrade("subscription", sessionId);
  if (fault !== undefined) return refuseHttp(stream, fault);
  checkToken(simulator.settings.apiKey, headers);
  const session = sessionId === undefined ? undefined : simulator.registry.findReadable(sessionId);
  if (session === undefined) throw new GrpcRefusal(GRPC_STATUS.notFound, "no such session");
  switch (method) {
    case GEYSER_METHODS.subscribe:
      return subscribe(simulator, session, stream);
    case GEYSER_METHODS.replayInfo: {
      const firstAvailable = firstAvailableSlot(session.notifications) ?? session.create.startSlot;
      return answerOnce(stream, encodeMessage(REPLAY_INFO_RESPONSE, { firstAvailable }));
    }
    case GEYSER_METHODS.version:
      return answerOnce(stream, encodeMessage(VERSION_RESPONSE, { version: `simulator-client ${VERSION}` }));
    default:
      throw new GrpcRefusal(GRPC_STATUS.unimplemented, `the local simulator has no method ${method.slice(0, 100)}`);
  }
}

/**
 * Reads the session and the method from a path `/backtest/ID/geyser.Geyser/METHOD`. If the path contains no session, reads the
 * session from the metadata.
 */
function readPath(headers: IncomingHttpHeaders): { sessionId: string | undefined; method: string } {
  const path = headers[":path"] ?? "";
  const [, id, method] = /^\/backtest\/([^/]+)(\/.*)$/.exec(path) ?? [];
  if (method !== undefined) return { sessionId: parseSessionId(id), method };
  return { sessionId: parseSessionId(headers[SESSION_HEADER]), method: path };
}

/**
 * Refuses a wrong key. A call without a key is accepted, because the session id cannot be guessed.
 *
 * @throws GrpcRefusal
 */
function checkToken(apiKey: string | undefined, headers: IncomingHttpHeaders): void {
  for (const name of [TOKEN_HEADER, "x-api-key"]) {
    const value = headers[name];
    if (value === undefined) continue;
    const credentials = { headers: { "x-api-key": String(value) }, query: new URLSearchParams(), protocols: [] };
    if (!isAuthorized(apiKey, credentials, "optional"))
      throw new GrpcRefusal(GRPC_STATUS.unauthenticated, `${name}: the API key is invalid`);
  }
}

const CONTENT_TYPE = { "content-type": "application/grpc+proto" };

function subscribe(simulator: Simulator, session: Session, stream: ServerHttp2Stream): void {
  const { faults, settings, registry } = simulator;
  // The trailers of the response contain the status of the call.
  stream.respond({ ":status": 200, ...CONTENT_TYPE }, { waitForTrailers: true });
  const peer = new GeyserPeer(stream, LIMITS.geyserRequestBytes);
  const link = new Link("subscription", peer, faults, settings.timing);
  link.open(new GeyserConnection(link, session, registry.read(session)), session.identity.sessionId);
  peer.listen(link);
}

/** Answers a call with one message. The content of the request does not matter. */
function answerOnce(stream: ServerHttp2Stream, message: Uint8Array): void {
  stream.respond({ ":status": 200, ...CONTENT_TYPE }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailersOf(GRPC_STATUS.ok, "")));
  stream.resume();
  stream.end(frameMessage(message));
}

function refuseCall(stream: ServerHttp2Stream, { status, message }: GrpcRefusal): void {
  stream.resume();
  if (!stream.destroyed) stream.respond({ ":status": 200, ...CONTENT_TYPE, ...trailersOf(status, message) }, { endStream: true });
}

function refuseHttp(stream: ServerHttp2Stream, status: number): void {
  stream.resume();
  if (!stream.destroyed) stream.respond({ ":status": status }, { endStream: true });
}

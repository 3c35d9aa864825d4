import type { ServerHttp2Stream } from "node:http2";
import { encodeBase64 } from "../../codec/base64.js";
import type { Frame, Peer, PeerEvents } from "../link/peer.js";
import { FramingError, frameMessage, MessageSplitter } from "./grpc-framing.js";
import { GRPC_STATUS, type GrpcStatus, trailersOf } from "./grpc-status.js";

/** The close code for a gRPC status is this number plus the status. */
const STATUS_BASE = 4000;

/** Returns the close code for a call that ends with this gRPC status. */
export function closeCodeOf(status: GrpcStatus): number {
  return STATUS_BASE + status;
}

/** The close code of a complete stream (RFC 6455, 7.4.1). The call then ends with the status OK. */
export const COMPLETE = 1000;

/** The server side of a gRPC call, with the interface that a `Link` expects. Each frame is a gRPC message. */
export class GeyserPeer implements Peer {
  readonly #stream: ServerHttp2Stream;
  readonly #splitter: MessageSplitter;
  #handleAlive = (): void => {};

  /** @param maxRequestBytes the maximum size of a message; a larger message ends the call */
  constructor(stream: ServerHttp2Stream, maxRequestBytes: number) {
    this.#stream = stream;
    this.#splitter = new MessageSplitter(maxRequestBytes);
  }

  /** Passes received messages to the `Link` as base64, because a `Link` accepts only text. */
  listen(events: PeerEvents): void {
    const stream = this.#stream;
    stream.on("data", (chunk: Buffer) => {
      try {
        for (const message of this.#splitter.push(chunk)) events.message(encodeBase64(message));
      } catch (error) {
        if (!(error instanceof FramingError)) throw error;
        this.close(closeCodeOf(GRPC_STATUS.resourceExhausted), error.message);
      }
    });
    this.#handleAlive = () => events.alive();
    stream.on("drain", () => events.drained());
    stream.on("close", () => events.closed());
  }

  get bufferedAmount(): number {
    return this.#stream.bufferSize;
  }

  send(frame: Frame): void {
    if (!this.#stream.writable) return;
    this.#stream.write(frameMessage(frame as Uint8Array));
  }

  batch(run: () => void): void {
    this.#stream.cork();
    try {
      run();
    } finally {
      this.#stream.uncork();
    }
  }

  /** Ends the call with a status: OK if the stream is complete. */
  close(code: number, reason: string): void {
    const stream = this.#stream;
    if (stream.destroyed || !stream.writable) return;
    const status = code >= STATUS_BASE ? code - STATUS_BASE : code === COMPLETE ? GRPC_STATUS.ok : GRPC_STATUS.unavailable;
    const details = status === GRPC_STATUS.unavailable ? `closed with code ${code}: ${reason}` : reason;
    stream.on("wantTrailers", () => stream.sendTrailers(trailersOf(status, details)));
    stream.end();
  }

  /** Cuts the connection with all of its calls. */
  terminate(): void {
    this.#stream.session?.destroy();
  }

  cut(frame: Frame): void {
    const framed = frameMessage(frame as Uint8Array);
    this.#stream.write(framed.subarray(0, framed.length >>> 1), () => this.terminate());
  }

  /** Nothing to do here: the `Link` ignores all later messages of the client. Limitation: Node.js still answers HTTP/2 pings. */
  deafen(): void {}

  ping(): void {
    const { session } = this.#stream;
    if (session !== undefined && !session.destroyed) session.ping((error) => error === null && this.#handleAlive());
  }
}

import { decodeBase64 } from "../codec/base64.js";
import { encodeMessage } from "../codec/protobuf.js";
import { SUBSCRIBE_REQUEST } from "../protocol/geyser/geyser-schema.js";
import type { WebSocketInstance, WebSocketLike } from "../transport/websocket-like.js";
import type { GrpcCall, GrpcClient, GrpcModule } from "./grpc-module.js";

/** The parameters of a `GrpcSocket`: the third argument of its constructor. */
export interface GrpcTarget {
  grpc: GrpcModule;
  /** The path of the method. */
  path: string;
  metadata: Readonly<Record<string, string>>;
  userAgent: string;
}

/**
 * The text frames that a `GrpcSocket` emits. The messages of the call are binary frames.
 *
 * `headers`: the server has accepted the call. `status`: the call has ended, and no frame follows.
 */
export type GrpcNote = { type: "headers" } | { type: "status"; code: number; details: string };

/** Status codes of gRPC: https://grpc.io/docs/guides/status-codes/ */
export const GRPC_CODES = {
  ok: 0,
  invalidArgument: 3,
  permissionDenied: 7,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

/** The maximum size of a message, as for a WebSocket frame. A larger message ends the call. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const OPEN = 1;
const NORMAL_CLOSURE = 1000;
const ABNORMAL_CLOSURE = 1006;

type Listener = (...args: never[]) => void;

/**
 * A bidirectional gRPC call with the interface of a Node.js WebSocket. The connection code can therefore use a gRPC call like a
 * WebSocket.
 *
 * `send` expects the base64 of a message.
 */
class GrpcSocket implements WebSocketInstance {
  binaryType = "arraybuffer";
  readonly bufferedAmount = 0;
  readyState = 0;
  readonly #listeners = new Map<string, Listener>();
  #client: GrpcClient | undefined;
  #call: GrpcCall | undefined;
  #status: { code: number; details: string } | undefined;
  #isOver = false;

  constructor(url: string, _protocols: unknown, target: GrpcTarget) {
    const { grpc, path, metadata: entries, userAgent } = target;
    const { protocol, host, hostname } = new URL(url);
    const isSecure = protocol === "https:";
    const address = host === hostname ? `${host}:${isSecure ? 443 : 80}` : host;
    const { createSsl, createInsecure } = grpc.credentials;
    const client = new grpc.Client(`dns:${address}`, (isSecure ? createSsl() : createInsecure()) as never, {
      "grpc.primary_user_agent": userAgent,
      "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
      // Disables the retries of gRPC, because the state machine retries. Each call opens its own connection.
      "grpc.enable_retries": 0,
      "grpc.use_local_subchannel_pool": 1,
    });
    this.#client = client;
    const metadata = new grpc.Metadata();
    for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
    const call = client.makeBidiStreamRequest(
      path,
      (message) => Buffer.from(message.buffer, message.byteOffset, message.byteLength),
      (bytes) => bytes,
      metadata as never,
    );
    this.#call = call;
    call.on("metadata", () => {
      this.#handleOpen();
      this.#note({ type: "headers" });
    });
    call.on("data", (bytes: Uint8Array) => {
      this.#handleOpen();
      if (!this.#isOver) this.#emit("message", bytes, true);
    });
    call.on("status", (status: { code: number; details: string }) => {
      this.#status = status;
    });
    // `end` is emitted after all messages.
    call.on("end", () =>
      this.#handleEnd(this.#status ?? { code: GRPC_CODES.unavailable, details: "the call ended without a status" }),
    );
    call.on("error", (status: { code?: number; details?: string; message?: string }) => {
      this.#handleEnd({ code: status.code ?? GRPC_CODES.internal, details: status.details ?? status.message ?? "" });
    });
    client.waitForReady(Number.POSITIVE_INFINITY, (error) => {
      if (!error) this.#handleOpen();
    });
  }

  on(type: string, listener: Listener): this {
    this.#listeners.set(type, listener);
    return this;
  }

  addEventListener(): void {}

  send(base64: string): void {
    this.#write(decodeBase64(base64));
  }

  /** Asks the server for a `pong` update. A gRPC client cannot send HTTP/2 pings itself. */
  ping(): void {
    this.#write(encodeMessage(SUBSCRIBE_REQUEST, { ping: { id: 1 } }));
  }

  pause(): void {
    this.#call?.pause();
  }

  resume(): void {
    this.#call?.resume();
  }

  close(): void {
    this.#finish(NORMAL_CLOSURE);
  }

  terminate(): void {
    this.#finish(ABNORMAL_CLOSURE);
  }

  #write(message: Uint8Array): void {
    if (!this.#isOver) this.#call?.write(message);
  }

  #handleOpen(): void {
    if (this.#isOver || this.readyState === OPEN) return;
    this.readyState = OPEN;
    this.#emit("open");
  }

  #handleEnd(status: { code: number; details: string }): void {
    if (this.#isOver) return;
    if (this.readyState === OPEN) {
      // Passes the status to the channel. The socket stays open until the channel has handled the status.
      this.#note({ type: "status", ...status });
    } else if (status.code === GRPC_CODES.unavailable) {
      this.#emit("error", new Error(status.details));
      this.#finish(ABNORMAL_CLOSURE);
    } else {
      this.#handleOpen();
      this.#note({ type: "status", ...status });
    }
  }

  #note(note: GrpcNote): void {
    if (!this.#isOver) this.#emit("message", JSON.stringify(note), false);
  }

  #finish(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.readyState = 3;
    this.#call?.cancel();
    this.#client?.close();
    // Emits `close` asynchronously, as a WebSocket does.
    queueMicrotask(() => this.#emit("close", code, ""));
  }

  #emit(type: string, ...args: unknown[]): void {
    this.#listeners.get(type)?.(...(args as never[]));
  }
}

/** The class of gRPC calls, for `Platform.WebSocket`. */
export const GRPC_SOCKET = GrpcSocket as unknown as WebSocketLike;

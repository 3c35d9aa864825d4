import { decodeMessage, encodeMessage } from "../../src/codec/protobuf.js";
import type { GrpcModule } from "../../src/geyser/index.js";
import type { SubscribeRequestMessage } from "../../src/protocol/geyser/geyser-messages.js";
import { SUBSCRIBE_REQUEST, SUBSCRIBE_UPDATE } from "../../src/protocol/geyser/geyser-schema.js";

/** A call that the client has made. The test plays the server. */
export class FakeCall {
  readonly address: string;
  readonly path: string;
  readonly metadata: ReadonlyMap<string, string>;
  /** The requests, decoded. */
  readonly requests: SubscribeRequestMessage[] = [];
  isPaused = false;
  isCancelled = false;
  readonly #listeners = new Map<string, (...args: unknown[]) => void>();

  constructor(address: string, path: string, metadata: ReadonlyMap<string, string>) {
    this.address = address;
    this.path = path;
    this.metadata = metadata;
  }

  on(event: string, listener: (...args: unknown[]) => void): this {
    this.#listeners.set(event, listener);
    return this;
  }

  write(message: Uint8Array): void {
    this.requests.push(decodeMessage(SUBSCRIBE_REQUEST, message));
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  cancel(): void {
    this.isCancelled = true;
  }

  emit(event: string, ...args: unknown[]): void {
    this.#listeners.get(event)?.(...args);
  }

  /** Accepts the call, like a server that has read the headers of the call. */
  accept(): void {
    this.emit("metadata", {});
  }

  send(update: object): void {
    this.emit("data", encodeMessage(SUBSCRIBE_UPDATE, update));
  }

  end(code: number, details = ""): void {
    this.emit("status", { code, details });
    if (code === 0) this.emit("end");
    else this.emit("error", { code, details });
  }
}

/** Creates a fake of the module `@grpc/grpc-js`. `calls` contains all calls that the fake has received so far. */
export function fakeGrpc(): { grpc: GrpcModule; calls: FakeCall[] } {
  const calls: FakeCall[] = [];
  class Client {
    readonly #address: string;

    constructor(address: string) {
      this.#address = address;
    }

    waitForReady(): void {}

    makeBidiStreamRequest(path: string, _serialize: unknown, _deserialize: unknown, metadata: Metadata): FakeCall {
      const call = new FakeCall(this.#address, path, metadata.entries);
      calls.push(call);
      return call;
    }

    close(): void {}
  }
  class Metadata {
    readonly entries = new Map<string, string>();

    set(name: string, value: string): void {
      this.entries.set(name, value);
    }
  }
  const grpc = {
    Client,
    Metadata,
    credentials: { createSsl: () => ({ isSecure: true }), createInsecure: () => ({ isSecure: false }) },
  };
  return { grpc: grpc as unknown as GrpcModule, calls };
}

import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { onTestFinished } from "vitest";
import { Mailbox } from "../support/mailbox.js";

/** How long a test waits for a call or a request, in ms. Only a very busy machine needs so much time. */
const TIMEOUT_MS = 15_000;

const PROTO = fileURLToPath(new URL("geyser-stub.proto", import.meta.url));

/** A message as protobufjs reads it: 64-bit integers are strings. */
// biome-ignore lint/suspicious/noExplicitAny: the tests read and write messages of any type
export type StubMessage = Record<string, any>;

type Call = grpc.ServerDuplexStream<StubMessage, StubMessage>;

/** One call of `Subscribe`. */
export class StubCall {
  readonly metadata: Record<string, unknown>;
  readonly #call: Call;
  readonly #requests = new Mailbox<StubMessage>("a request");
  /** Resolves when the client has cancelled the call or the connection was lost. */
  readonly cancelled: Promise<void>;

  constructor(call: Call) {
    this.#call = call;
    this.metadata = call.metadata.getMap();
    call.on("data", (request: StubMessage) => this.#requests.put(request));
    call.on("error", () => {});
    this.cancelled = new Promise((resolve) => call.on("cancelled", () => resolve()));
  }

  /** The next request. */
  request(): Promise<StubMessage> {
    return this.#requests.take(TIMEOUT_MS);
  }

  /** Expects the subscribe request and the ping after it, and answers the ping. Returns the subscribe request. */
  async accept(): Promise<StubMessage> {
    const request = await this.request();
    const { ping } = await this.request();
    this.send({ pong: ping });
    return request;
  }

  /** Sends an update. Returns whether the send buffer has room for more. */
  send(update: StubMessage): boolean {
    return this.#call.write(update);
  }

  /** Sends bytes as a message. */
  sendBytes(bytes: Uint8Array): void {
    this.#call.write({ bytes });
  }

  /** Ends the call with OK. */
  end(): void {
    this.#call.end();
  }

  /** Ends the call with a status. */
  fail(code: grpc.status, details: string): void {
    this.#call.emit("error", Object.assign(new Error(details), { code, details }));
  }
}

/**
 * A Yellowstone server whose messages a test sends. It uses grpc-js, protobufjs and a proto file, and not the codec of this
 * package.
 */
export class GeyserStub {
  readonly #server = new grpc.Server();
  readonly #calls = new Mailbox<StubCall>("a call");
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<void> {
    this.#port = await new Promise((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    onTestFinished(() => this.#server.forceShutdown());
  }

  /** Serves the streams of a session. */
  serve(sessionId: string): void {
    const root = loadSync(PROTO, { longs: String, oneofs: true, defaults: true });
    const { Subscribe } = root["geyser.Geyser"] as grpc.ServiceDefinition;
    const { responseSerialize } = Subscribe!;
    this.#server.addService(
      {
        Subscribe: {
          ...Subscribe!,
          path: `/backtest/${sessionId}/geyser.Geyser/Subscribe`,
          responseSerialize: (message: StubMessage) =>
            message.bytes instanceof Uint8Array ? Buffer.from(message.bytes) : responseSerialize(message),
        },
      },
      {
        Subscribe: (call: Call) => {
          call.sendMetadata(new grpc.Metadata());
          this.#calls.put(new StubCall(call));
        },
      },
    );
  }

  /** The next call. */
  call(): Promise<StubCall> {
    return this.#calls.take(TIMEOUT_MS);
  }
}

export async function startGeyserStub(): Promise<GeyserStub> {
  const stub = new GeyserStub();
  await stub.listen();
  return stub;
}

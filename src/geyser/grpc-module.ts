import { messageOf } from "../protocol/error-helpers.js";
import { SimulatorError } from "../protocol/simulator-error.js";

/** The members of a call of `@grpc/grpc-js` that this package uses. */
export interface GrpcCall {
  /** Adds a listener. */
  // biome-ignore lint/suspicious/noExplicitAny: listeners have different parameters, and `any` accepts all of them.
  on(event: string, listener: (...args: any[]) => void): unknown;
  /** Sends a message. */
  write(message: Uint8Array): unknown;
  /** Stops reading from the stream. */
  pause(): unknown;
  /** Continues reading from the stream. */
  resume(): unknown;
  /** Ends the call. */
  cancel(): void;
}

/** The members of a client of `@grpc/grpc-js` that this package uses. */
export interface GrpcClient {
  /** Calls back when the connection is up, or after the deadline. */
  waitForReady(deadline: number, callback: (error?: Error) => void): void;
  /** Starts a call whose two sides are streams. */
  makeBidiStreamRequest(
    path: string,
    serialize: (message: Uint8Array) => unknown,
    deserialize: (bytes: Uint8Array) => Uint8Array,
    metadata: never,
  ): GrpcCall;
  /** Closes the connection. */
  close(): void;
}

/**
 * The exports of `@grpc/grpc-js` that this package uses. The type is structural, so that the public types compile without that
 * package.
 */
export interface GrpcModule {
  /** The class of clients. */
  Client: new (
    address: string,
    credentials: never,
    options: Record<string, string | number>,
  ) => GrpcClient;
  /** Creates the credentials of a connection. */
  credentials: {
    createSsl(): object;
    createInsecure(): object;
  };
  /** The class of request headers. */
  Metadata: new () => { set(key: string, value: string): void };
}

/** The name is a parameter and not a literal, so that bundlers do not look for the package. */
const importPackage = (name: string): Promise<unknown> => import(/* webpackIgnore: true */ /* @vite-ignore */ name);

/**
 * Loads `@grpc/grpc-js`.
 *
 * @param importModule imports a package by its name
 * @throws SimulatorError `unsupported` if it is not installed
 */
export async function loadGrpc(importModule = importPackage): Promise<GrpcModule> {
  let loaded: { default?: unknown } & Partial<GrpcModule>;
  try {
    loaded = Object(await importModule("@grpc/grpc-js"));
  } catch (cause) {
    const message = `the Geyser stream needs the package @grpc/grpc-js: install it, or pass the module as the option grpc (${messageOf(cause)})`;
    throw new SimulatorError("unsupported", message, { cause });
  }
  // `import()` of a CommonJS module has all exports under `default`, and only some of them as named exports.
  const module = (loaded.Client === undefined ? loaded.default : loaded) as GrpcModule | undefined;
  if (typeof module?.Client === "function") return module;
  throw new SimulatorError("unsupported", "the installed @grpc/grpc-js exports no Client: install version 1.14 or later");
}

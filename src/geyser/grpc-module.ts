import { messageOf } from "../protocol/error-helpers.js";
import { SimulatorError } from "../protocol/simulator-error.js";

/** The members of a call of `@grpc/grpc-js` that this package uses. */
export interface GrpcCall {
  // biome-ignore lint/suspicious/noExplicitAny: listeners have different parameters, and `any` accepts all of them.
  on(event: string, listener: (...args: any[]) => void): unknown;
  write(message: Uint8Array): unknown;
  pause(): unknown;
  resume(): unknown;
  cancel(): void;
}

/** The members of a client of `@grpc/grpc-js` that this package uses. */
export interface GrpcClient {
  waitForReady(deadline: number, callback: (error?: Error) => void): void;
  makeBidiStreamRequest(
    path: string,
    serialize: (message: Uint8Array) => unknown,
    deserialize: (bytes: Uint8Array) => Uint8Array,
    metadata: never,
  ): GrpcCall;
  close(): void;
}

/** The package `@grpc/grpc-js`, as far as it is used. A structural type, so that the public types do not need the package. */
export interface GrpcModule {
  Client: new (address: string, credentials: never, options: Record<string, string | number>) => GrpcClient;
  credentials: {
    createSsl(): object;
    createInsecure(): object;
  };
  Metadata: new () => { set(key: string, value: string): void };
}

/** The name is not a literal at the import, so that bundlers do not need the package. */
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
  // An import of a CommonJS module has its exports under `default`, and only some of them as members.
  const module = (loaded.Client === undefined ? loaded.default : loaded) as GrpcModule | undefined;
  if (typeof module?.Client === "function") return module;
  throw new SimulatorError("unsupported", "the installed @grpc/grpc-js has no Client: version 1.14 or later is needed");
}

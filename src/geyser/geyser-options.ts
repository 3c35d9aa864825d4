import { invalidParams, toText } from "../protocol/error-helpers.js";
import { refuseUnknownNames } from "../protocol/known-names.js";
import { toU64 } from "../protocol/scalars.js";
import { withoutQuery } from "../protocol/urls.js";
import type { GeyserCommitment, GeyserDataSlice } from "./geyser-filters.js";
import type { GrpcModule } from "./grpc-module.js";

/** Options of `subscribeGeyser`. */
export interface GeyserOptions {
  /**
   * The `http:` or `https:` URL of the gRPC service. Only its origin is used. For the local simulator, pass its `geyserUrl`.
   *
   * @default the origin of the client's `url`, because the hosted service provides gRPC at the same origin
   */
  url?: string;
  /**
   * The key that is sent as `x-token`, or a function that returns a key for each connection.
   *
   * @default the client's `apiKey` if the gRPC service has the same origin as the client's `url`; otherwise no key
   */
  token?: string | (() => string | Promise<string>);
  /** The commitment of the updates. @default "processed" */
  commitment?: GeyserCommitment;
  /** The parts of each account's data that the server sends. @default all data */
  accountsDataSlice?: readonly GeyserDataSlice[];
  /** The slot from which updates are requested. @default the first slot of the session */
  fromSlot?: bigint | number;
  /**
   * How long the stream waits for another update after the session has completed, in ms. If no update arrives within this time,
   * the stream ends. The limit is needed because Yellowstone does not report the end of a stream. The local simulator reports the
   * end.
   *
   * @default 10000
   */
  drainMs?: number;
  /** An abort of this signal ends the subscription. @default none */
  signal?: AbortSignal;
  /**
   * The module `@grpc/grpc-js`. Pass it if you bundle your application: bundlers do not include this module by default.
   *
   * @default the installed package, which is imported on first use
   */
  grpc?: GrpcModule;
}

const NAMES = ["url", "token", "commitment", "accountsDataSlice", "fromSlot", "drainMs", "signal", "grpc"];

/** The options after validation. */
export interface CheckedGeyserOptions extends Omit<GeyserOptions, "fromSlot" | "url"> {
  /** The origin of the service. */
  origin: string;
  fromSlot: bigint | undefined;
  drainMs: number;
}

/** Validates the options of `subscribeGeyser`. @throws SimulatorError `invalidParams` */
export function checkOptions(options: GeyserOptions, httpBase: string): CheckedGeyserOptions {
  refuseUnknownNames(options, NAMES, "option");
  const { url = httpBase, fromSlot, drainMs = 10_000, token, ...rest } = options;
  if (!Number.isFinite(drainMs) || drainMs < 0) throw invalidParams("drainMs", "expected a number of ms");
  if (token !== undefined && typeof token !== "function" && (typeof token !== "string" || token === "")) {
    throw invalidParams("token", "expected a non-empty string or a function");
  }
  const isModule = typeof rest.grpc?.Client === "function" && typeof rest.grpc.credentials?.createSsl === "function";
  if (rest.grpc !== undefined && !isModule) throw invalidParams("grpc", "expected the module @grpc/grpc-js");
  return {
    ...rest,
    ...(token !== undefined && { token }),
    origin: originOf(url),
    drainMs,
    fromSlot: fromSlot === undefined ? undefined : toU64(fromSlot, "fromSlot"),
  };
}

function originOf(url: unknown): string {
  const text = url instanceof URL ? url.href : toText(url);
  const problem = `${withoutQuery(text).slice(0, 200)} is not the address of a gRPC service: expected http://host:port or https://host`;
  let parsed: URL;
  try {
    parsed = new URL(text);
  } catch {
    // Drops the original error. In Node.js, it contains the whole URL, and the query of a URL can contain a key.
    throw invalidParams("url", problem);
  }
  if (!/^https?:$/.test(parsed.protocol) || parsed.hostname === "") throw invalidParams("url", problem);
  if (parsed.username !== "" || parsed.password !== "")
    throw invalidParams("url", "credentials in the URL are not sent; use the option token");
  return parsed.origin;
}

import type { BacktestError } from "./backtest-error.js";

/**
 * The kind of a failure, for use in code. The error's message describes it for people.
 *
 * | code | when | what to do |
 * | --- | --- | --- |
 * | `invalidParams` | a parameter or an option was refused before anything was sent; the message names the field | correct the call |
 * | `create` | the server refused to create the session | read the message: the name is taken, the range is not available |
 * | `unauthorized` | the API key was refused (HTTP 401 or 403) | check the key |
 * | `unreachable` | no connection was ever made | check the URL, the network and the proxy |
 * | `controlClosed` | the session has ended: completed, shut down or detached | start another session |
 * | `controlFailed` | the control connection could not be resumed: the retry budget is spent, or the re-attach was refused | resume from a checkpoint, or start another session |
 * | `subscriptionFailed` | a subscription was refused, stalled, or could not be resumed: events are missing | resume from a checkpoint, or start another session |
 * | `remote` | the server reported an error | read the property `remote` |
 * | `cancelled` | an `AbortSignal` fired | |
 * | `consumerBusy` | another loop is iterating over the events | end that loop, or use listeners |
 * | `continueInFlight` | the response to another continue request is pending | wait for `readyForContinue` or `paused` |
 * | `runActive` | during `run()`, only `run()` sends continue requests | end the loop over `run()` first |
 * | `nothingMatched` | nothing in the data matches the filter | check the filter and the range |
 * | `sessionBusy` | another client is attached to the session | detach that client first |
 * | `http` | an HTTP call failed with an error status or an unreadable response; see `status` and `body` | |
 * | `timeout` | a response did not arrive in time | |
 * | `sink` | the records or checkpoints of a fleet cannot be read or written | read the message |
 * | `protocol` | the server sent something that this version cannot work with | update this package, or the server |
 * | `unsupported` | the platform lacks something that is needed | read the message |
 */
export type SimulatorErrorCode =
  | "invalidParams"
  | "create"
  | "unauthorized"
  | "unreachable"
  | "controlClosed"
  | "controlFailed"
  | "subscriptionFailed"
  | "remote"
  | "cancelled"
  | "consumerBusy"
  | "continueInFlight"
  | "runActive"
  | "nothingMatched"
  | "sessionBusy"
  | "http"
  | "timeout"
  | "sink"
  | "protocol"
  | "unsupported";

/** Optional details of an error. */
export interface SimulatorErrorDetails {
  /** The error that caused this one. */
  cause?: unknown;
  /** The path of the refused parameter, such as `reconnect.maxAttempts`. Present only if the code is `invalidParams`. */
  field?: string;
  /** The HTTP status of a refused upgrade request or HTTP call. */
  status?: number;
  /** The body of an HTTP answer, truncated to 4,096 characters. */
  body?: string;
  /** The error that the server reported. */
  remote?: BacktestError;
}

/** Marks every SimulatorError, so that an error from another copy or module format of this package is recognized too. */
const BRAND = Symbol.for("simulator-client.SimulatorError");

/**
 * The only error class of this package. `instanceof` also works for errors from another entry point, module format or copy of the
 * package.
 *
 * @example
 * try {
 *   await client.startSession({ startSlot: 10, endSlot: 5 });
 * } catch (error) {
 *   if (error instanceof SimulatorError && error.code === "invalidParams") console.error(error.field); // "endSlot"
 * }
 */
export class SimulatorError extends Error {
  /** The name of the class. */
  override readonly name = "SimulatorError";
  /** The kind of the failure. */
  readonly code: SimulatorErrorCode;
  // `declare` creates no members. Without `declare`, each missing detail would be a member with the value `undefined`.
  /** The path of the refused parameter, such as `reconnect.maxAttempts`. Present only if the code is `invalidParams`. */
  declare readonly field?: string;
  /** The HTTP status of a refused upgrade request or HTTP call. */
  declare readonly status?: number;
  /** The body of an HTTP answer, truncated to 4,096 characters. */
  declare readonly body?: string;
  /** The error that the server reported. */
  declare readonly remote?: BacktestError;

  /** @internal A getter, because Safari 16.0 to 16.3 do not support static blocks. */
  get [BRAND](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore-start lint/complexity/noThisInStatic: `this` can be a subclass that inherits this method, for which `instanceof`
    // keeps its usual meaning
    return this === SimulatorError ? isSimulatorError(value) : Function.prototype[Symbol.hasInstance].call(this, value);
    // biome-ignore-end lint/complexity/noThisInStatic: see above
  }

  constructor(code: SimulatorErrorCode, message: string, details: SimulatorErrorDetails = {}) {
    super(message, details);
    this.code = code;
    if (details.field !== undefined) this.field = details.field;
    if (details.status !== undefined) this.status = details.status;
    if (details.remote !== undefined) this.remote = details.remote;
    if (details.body !== undefined) this.body = details.body.slice(0, 4096);
  }
}

/**
 * Whether a value is a `SimulatorError` from any entry point, module format or copy of this package. If `code` is given, the error
 * must have this code.
 *
 * @example
 * if (isSimulatorError(error, "sessionBusy")) console.error("another client is attached to this session");
 */
export function isSimulatorError<C extends SimulatorErrorCode = SimulatorErrorCode>(
  value: unknown,
  code?: C,
): value is SimulatorError & { readonly code: C } {
  if (typeof value !== "object" || value === null || !(BRAND in value)) return false;
  return code === undefined || (value as { code?: unknown }).code === code;
}

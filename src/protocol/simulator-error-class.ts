import type { BacktestError } from "./backtest-error.js";

/**
 * What went wrong, for a program to act on. The message of an error says it for people.
 *
 * | code | when | what to do |
 * | --- | --- | --- |
 * | `invalidParams` | a parameter was refused before anything was sent; the message names the field | mend the call |
 * | `create` | the server refused to create the session | read the message: a name that is taken, a range that isn't there |
 * | `unauthorized` | the API key was refused (HTTP 401 or 403) | check the key |
 * | `unreachable` | no socket could be opened within `timeouts.initialConnectMs` | check URL, network, proxy |
 * | `controlClosed` | the session is over: completed, shut down or detached | start another |
 * | `controlFailed` | the control channel could not be brought back: the budget is spent or the re-attach was refused | resume from a checkpoint, or start another |
 * | `subscriptionFailed` | a subscription was refused, stalled, or could not be brought back; the stream is incomplete | as above |
 * | `remote` | the server ended the session with a terminal error, kept as `remote` | read `remote` |
 * | `cancelled` | an `AbortSignal` fired | |
 * | `continueSend` | a continue could not be sent | |
 * | `continueInFlight` | another continue is still being answered | wait for `readyForContinue` or `paused` |
 * | `sessionBusy` | somebody else holds the session | detach there first |
 * | `http` | an HTTP call was answered with an error status or could not be read; `status` and `body` say how | |
 * | `timeout` | something that was waited for did not come in time | |
 * | `protocol` | the server said something that this version cannot work with | update this package, or the server |
 * | `unsupported` | the platform lacks something that is needed | the message says what |
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
  | "continueSend"
  | "continueInFlight"
  | "sessionBusy"
  | "http"
  | "timeout"
  | "protocol"
  | "unsupported";

/** Facts that some errors carry beside their code. */
export interface SimulatorErrorDetails {
  /** The reason underneath, as it was caught. */
  cause?: unknown;
  /** The parameter that was refused (`invalidParams`), as a dotted path. */
  field?: string;
  /** HTTP status of a refused upgrade or call. */
  status?: number;
  /** Body of an HTTP answer, cut after 4,096 characters. */
  body?: string;
  /** The server's own error. */
  remote?: BacktestError;
}

/** Marks every SimulatorError, so that errors of another copy or format of this package are recognized too. */
const BRAND = Symbol.for("simulator-client.SimulatorError");

/**
 * The one error class of this package. `instanceof` also holds for errors of another entry, format or copy of the package.
 *
 * @example
 * try {
 *   await client.startSession({ startSlot: 10, endSlot: 5 });
 * } catch (error) {
 *   if (error instanceof SimulatorError && error.code === "invalidParams") console.error(error.field); // "endSlot"
 * }
 */
export class SimulatorError extends Error {
  override readonly name = "SimulatorError";
  readonly code: SimulatorErrorCode;
  // Declared only: an error has no members for what it does not carry.
  declare readonly field?: string;
  declare readonly status?: number;
  declare readonly body?: string;
  declare readonly remote?: BacktestError;

  static {
    Object.defineProperty(SimulatorError.prototype, BRAND, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore-start lint/complexity/noThisInStatic: `this` is a subclass where one inherits this method; it keeps the usual meaning
    return this === SimulatorError ? isSimulatorError(value) : Function.prototype[Symbol.hasInstance].call(this, value);
    // biome-ignore-end lint/complexity/noThisInStatic: see above
  }

  constructor(code: SimulatorErrorCode, message: string, details: SimulatorErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    if (details.field !== undefined) this.field = details.field;
    if (details.status !== undefined) this.status = details.status;
    if (details.remote !== undefined) this.remote = details.remote;
    if (details.body !== undefined) this.body = details.body.slice(0, 4096);
  }
}

/**
 * Whether a value is a `SimulatorError`, of whatever entry, format or copy of this package; with `code`, whether it has that code.
 *
 * @example
 * if (isSimulatorError(error, "sessionBusy")) console.error("another client holds this session");
 */
export function isSimulatorError<C extends SimulatorErrorCode = SimulatorErrorCode>(
  value: unknown,
  code?: C,
): value is SimulatorError & { readonly code: C } {
  if (typeof value !== "object" || value === null || !(BRAND in value)) return false;
  return code === undefined || (value as { code?: unknown }).code === code;
}

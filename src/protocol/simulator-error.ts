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

/**
 * The one error class of this package.
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

  constructor(code: SimulatorErrorCode, message: string, details: SimulatorErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    if (details.field !== undefined) this.field = details.field;
    if (details.status !== undefined) this.status = details.status;
    if (details.remote !== undefined) this.remote = details.remote;
    if (details.body !== undefined) this.body = details.body.slice(0, 4096);
  }
}

/** A parameter that is refused before anything is sent. */
export function invalidParams(field: string, problem: string, cause?: unknown): SimulatorError {
  return new SimulatorError("invalidParams", `${field}: ${problem}`, cause === undefined ? { field } : { field, cause });
}

/** What an abort is told as: the signal's own reason is kept as the cause. */
export function cancelled(what: string, signal?: AbortSignal): SimulatorError {
  return new SimulatorError("cancelled", `${what} was cancelled`, { cause: signal?.reason });
}

/** What an error says. Node.js tries a host's addresses side by side: the error that sums up theirs has no message, only a code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ("code" in error ? String(error.code) : error.name);
}

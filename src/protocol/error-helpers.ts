import { SimulatorError } from "./simulator-error.js";

/** The error of a parameter that is refused before anything is sent. */
export function invalidParams(field: string, problem: string, cause?: unknown): SimulatorError {
  return new SimulatorError("invalidParams", `${field}: ${problem}`, cause === undefined ? { field } : { field, cause });
}

/** The error of an aborted call. Its cause is the signal's reason. */
export function cancelled(what: string, signal?: AbortSignal): SimulatorError {
  return new SimulatorError("cancelled", `${what} was cancelled`, { cause: signal?.reason });
}

/** The message of an error. An AggregateError of Node.js, from several addresses of a host, has no message but a code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ("code" in error ? String(error.code) : error.name);
}

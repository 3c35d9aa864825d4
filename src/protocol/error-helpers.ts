import { SimulatorError } from "./simulator-error.js";

/** Returns the error for a parameter that is refused before anything is sent. */
export function invalidParams(field: string, problem: string, cause?: unknown): SimulatorError {
  return new SimulatorError("invalidParams", `${field}: ${problem}`, cause === undefined ? { field } : { field, cause });
}

/** Returns the error for an aborted call. Its cause is the signal's reason. */
export function cancelled(what: string, signal?: AbortSignal): SimulatorError {
  return new SimulatorError("cancelled", `${what} was cancelled`, { cause: signal?.reason });
}

/**
 * Converts any value to text for a message. `String` throws for some objects, such as a JSON object with the member `toString`.
 */
export function toText(value: unknown): string {
  return value === Object(value) ? "an object" : String(value);
}

/**
 * Returns the message of an error, or its code if the message is empty. The message is empty in the AggregateError that Node.js
 * throws after it has tried several addresses of a host.
 */
export function messageOf(error: unknown): string {
  const { message, code, name } = Object(error);
  return toText(message || code || name || error);
}

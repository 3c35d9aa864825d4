import { SimulatorError } from "../protocol/simulator-error.js";

/** The HTTP statuses below 500 for which a retry may succeed: timeout, conflict, too early, too many requests. */
const PASSING_STATUSES: readonly number[] = [408, 409, 425, 429];

/**
 * Whether an upgrade request that was refused with an HTTP status is not retried. A refusal with 401, 403 or 404 is fatal only on
 * the first control connection of a session. After a redeploy, the server may not know the session until the client re-attaches
 * to it. A subscription sends no key that could be wrong.
 *
 * @param isFirstConnect `true`: the control connection has never been open
 */
export function isFatalRefusal(status: number, isFirstConnect: boolean): boolean {
  return isFirstConnect && status < 500 && !PASSING_STATUSES.includes(status);
}

/** Returns the error for an upgrade request that the server refused with an HTTP status. */
export function refusedUpgrade(status: number, reason: string): SimulatorError {
  const code = status === 401 || status === 403 ? "unauthorized" : "unreachable";
  return new SimulatorError(code, `the server refused the connection: ${reason}`, { status });
}

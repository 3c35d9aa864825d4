import { SimulatorError } from "../protocol/simulator-error.js";

/** The HTTP statuses below 500 for which a retry may succeed: timeout, conflict, too early, too many requests. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/**
 * Returns the error for an upgrade request that the server refused with an HTTP status, and whether the refusal is fatal.
 *
 * A refusal, for example with 401, 403 or 404, is fatal only on the first control connection of a session. After a redeploy, the
 * server may not know the session until the client re-attaches to it. A subscription sends no key that could be wrong.
 *
 * @param isFirstConnect `true`: the control connection has never been open
 */
export function refusedUpgrade(status: number, reason: string, isFirstConnect: boolean) {
  const code = status === 401 || status === 403 ? "unauthorized" : "unreachable";
  return {
    error: new SimulatorError(code, `the server refused the connection: ${reason}`, { status }),
    isFatal: isFirstConnect && status < 500 && !PASSING_STATUSES.has(status),
  };
}

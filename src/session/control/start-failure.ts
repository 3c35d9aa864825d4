import type { Failure } from "../../connection/connection-state.js";
import { SimulatorError } from "../../protocol/simulator-error.js";

/**
 * Returns the error for a session that could not be started or resumed.
 *
 * @param isResume `true` if the call resumes an existing session
 */
export function startFailure({ cause, reason, error }: Failure, url: string, isResume: boolean): SimulatorError {
  const known = error instanceof SimulatorError ? error : undefined;
  if (known !== undefined && cause === "refused") {
    // The service is reachable, but it no longer has the session.
    const isGone = isResume && known.status === 404;
    return isGone ? new SimulatorError("controlFailed", known.message, { status: 404 }) : withRemedy(known, url);
  }
  // If the retry budget is used up, returns the error of the last attempt, such as `sessionBusy`.
  if (known !== undefined && known.status === undefined && cause === "budget") return known;
  const details = { cause: error, status: known?.status };
  if (cause === "unreachable") {
    const code = known?.code === "unauthorized" ? "unauthorized" : "unreachable";
    const message = `could not connect to the simulator at ${url}: ${reason}. Check the address and the network. In a browser, a refused API key looks the same`;
    return new SimulatorError(code, message, details);
  }
  const message = `the session was not ${isResume ? "resumed" : "created"}: ${reason}`;
  return new SimulatorError(isResume ? "controlFailed" : "create", message, details);
}

/** Adds advice to the error of a refused connection. */
function withRemedy(error: SimulatorError, url: string): SimulatorError {
  const { code, message, status } = error;
  if (code === "unauthorized") {
    const remedy = `check that apiKey is valid for ${url} and may start sessions`;
    return new SimulatorError(code, `${message}: ${remedy}`, error);
  }
  if (code !== "unreachable") return error;
  if (status !== undefined) return new SimulatorError(code, `${message}: is there a simulator at ${url}?`, error);
  return new SimulatorError(code, `could not connect to the simulator at ${url}: ${message}. Check the address`, error);
}

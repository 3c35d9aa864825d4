import type { Failure } from "../connection/machine.js";
import { SimulatorError, type SimulatorErrorCode } from "../protocol/simulator-error.js";

/** What a connection's end is to those who started a session and don't have it yet. */
export function startFailure({ cause, reason, error }: Failure, url: string): SimulatorError {
  if (error instanceof SimulatorError) return error;
  if (cause === "unreachable") {
    return new SimulatorError(
      "unreachable",
      `could not reach the simulator at ${url}: ${reason}. Check the address and the network; in a browser a refused API key looks the same`,
      { cause: error },
    );
  }
  return new SimulatorError("create", `the session was not created: ${reason}`, { cause: error });
}

/** What a connection's end is to a session's user. */
export function connectionFailure(code: SimulatorErrorCode & ("controlFailed" | "subscriptionFailed"), what: string, failure: Failure) {
  const { reason, error } = failure;
  if (error instanceof SimulatorError && error.code === code) return error;
  const status = error instanceof SimulatorError ? error.status : undefined;
  return new SimulatorError(code, `${what} could not be kept up: ${reason}`, { cause: error, status });
}

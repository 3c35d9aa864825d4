import type { Failure } from "../connection/machine.js";
import { SimulatorError, type SimulatorErrorCode } from "../protocol/simulator-error.js";

/** What a connection's end is to those who started a session and don't have it yet. */
export function startFailure({ cause, reason, error }: Failure, url: string): SimulatorError {
  if (error instanceof SimulatorError) return error.status === undefined ? error : withRemedy(error, url);
  if (cause === "unreachable") {
    return new SimulatorError(
      "unreachable",
      `could not reach the simulator at ${url}: ${reason}. Check the address and the network; in a browser a refused API key looks the same`,
      { cause: error },
    );
  }
  return new SimulatorError("create", `the session was not created: ${reason}`, { cause: error });
}

/** A refused upgrade, with what to do about it. */
function withRemedy({ code, message, status, cause }: SimulatorError, url: string): SimulatorError {
  const remedy =
    code === "unauthorized"
      ? `is apiKey the one of the simulator at ${url}, and allowed to start sessions?`
      : `is there a simulator at ${url}?`;
  return new SimulatorError(code, `${message}: ${remedy}`, { cause, ...(status !== undefined && { status }) });
}

/** What a connection's end is to a session's user. */
export function connectionFailure(
  code: SimulatorErrorCode & ("controlFailed" | "subscriptionFailed"),
  what: string,
  failure: Failure,
) {
  const { reason, error } = failure;
  if (error instanceof SimulatorError && error.code === code) return error;
  const status = error instanceof SimulatorError ? error.status : undefined;
  return new SimulatorError(code, `${what} could not be kept up: ${reason}`, { cause: error, status });
}

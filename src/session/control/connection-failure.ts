import type { Failure } from "../../connection/connection-state.js";
import { SimulatorError, type SimulatorErrorCode } from "../../protocol/simulator-error.js";

/** Returns the error for a session or a subscription whose connection failed. */
export function connectionFailure(
  code: SimulatorErrorCode & ("controlFailed" | "subscriptionFailed"),
  what: string,
  failure: Failure,
) {
  const { reason, error } = failure;
  if (error instanceof SimulatorError && error.code === code) return error;
  const status = error instanceof SimulatorError ? error.status : undefined;
  return new SimulatorError(code, `${what} was given up: ${reason}`, { cause: error, status });
}

import { SimulatorError } from "../../src/protocol/simulator-error.js";

/** Returns the `SimulatorError` that a call throws. Fails the test if the call throws none. */
export function thrownBy(attempt: () => unknown): SimulatorError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof SimulatorError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

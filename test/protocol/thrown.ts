import { SimulatorError } from "../../src/protocol/simulator-error.js";

/** The `SimulatorError` that a call throws; fails the test if it throws none. */
export function thrownBy(attempt: () => unknown): SimulatorError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof SimulatorError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

import type { Outcome } from "../../../src/cli/compare/transaction-outcome.js";

/** An outcome that succeeded. */
export function outcome(signature: string, changes: Partial<Outcome> = {}): Outcome {
  return {
    signature,
    slot: 5n,
    index: 0,
    err: "",
    lamports: ["10", "20"],
    tokens: [],
    logs: "digest",
    wire: "",
    loaded: [],
    ...changes,
  };
}

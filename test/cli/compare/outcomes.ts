import type { Outcome } from "../../../src/cli/compare/transaction-outcome.js";

/** The outcome of a successful transaction. */
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

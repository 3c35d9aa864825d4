import type { SessionSummary } from "../../protocol/session-summary.js";

/** Returns the summary of a session before its first transaction. */
export function emptySummary(): SessionSummary {
  return {
    correctSimulation: 0,
    incorrectSimulation: 0,
    executionErrors: 0,
    balanceDiff: 0,
    logDiff: 0,
    unsanitizable: 0,
    rerouteStats: undefined,
  };
}

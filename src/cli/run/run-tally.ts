import type { ManagedEvent } from "../../channels/managed-events.js";
import type { SessionSummary } from "../../protocol/session-summary.js";

/** What of a run was delivered; plain JSON, so that a checkpoint keeps it. */
export interface Tally {
  slots: number;
  transactions: number;
  failedTransactions: number;
  accountDiffs: number;
  /** Errors that the server told of and that ended nothing. */
  errors: number;
  /** Frames that could not be read. */
  unrecognized: number;
  /** Holes that the server itself told of: it no longer had what a lost connection missed. */
  gaps: number;
}

export function emptyTally(): Tally {
  return { slots: 0, transactions: 0, failedTransactions: 0, accountDiffs: 0, errors: 0, unrecognized: 0, gaps: 0 };
}

/** Counts an event in. */
export function addToTally(tally: Tally, event: ManagedEvent): void {
  switch (event.type) {
    case "slot":
      tally.slots++;
      break;
    case "transaction":
      tally.transactions++;
      if ((event.transaction.meta?.err ?? null) !== null) tally.failedTransactions++;
      break;
    case "accountDiff":
      tally.accountDiffs++;
      break;
    case "error":
      tally.errors++;
      break;
    case "unrecognized":
      tally.unrecognized++;
      break;
    case "continuity":
      if (event.kind === "gap") tally.gaps++;
      break;
    default:
      break;
  }
}

/** What the server's summaries say together: a parallel run has one a part. Rerouting, which `run` never asks for, has no sum. */
export function addSummaries(a: SessionSummary | undefined, b: SessionSummary | undefined): SessionSummary | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    correctSimulation: a.correctSimulation + b.correctSimulation,
    incorrectSimulation: a.incorrectSimulation + b.incorrectSimulation,
    executionErrors: a.executionErrors + b.executionErrors,
    balanceDiff: a.balanceDiff + b.balanceDiff,
    logDiff: a.logDiff + b.logDiff,
    unsanitizable: a.unsanitizable + b.unsanitizable,
  };
}

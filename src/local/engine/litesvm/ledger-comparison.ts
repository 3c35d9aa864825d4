import type { SessionSummary } from "../../../protocol/session-summary.js";

/** Why a transaction of the ledger was not replayed. */
export type SkipReason =
  /** The bytes are not a transaction. */
  | "malformed"
  /** A lookup table is missing or too short. */
  | "missingLookupTable"
  /** The ledger lacks an account of the transaction. */
  | "missingAccount"
  /** The ledger lacks an invoked program, or the VM cannot load it. */
  | "missingProgram"
  /** The VM refused the transaction. */
  | "refused";

/** A transaction of the ledger that could not be replayed. */
export interface SkippedTransaction {
  /** The slot of the block. */
  slot: bigint;
  /** The index of the transaction in its block. */
  index: number;
  /** Absent if the bytes of the transaction are unreadable. */
  signature?: string;
  /** Why the transaction was skipped. */
  reason: SkipReason;
  /** A message that contains the address of the missing account or lookup table. */
  detail: string;
}

/** The number of transactions that were skipped for one reason, with examples. */
export interface SkippedGroup {
  /** The common reason. */
  reason: SkipReason;
  /** The number of transactions that were skipped for this reason. */
  count: number;
  /** The first skipped transactions. */
  examples: readonly SkippedTransaction[];
}

/** The summary of a session, with examples of the transactions that were not replayed. */
export type ReplaySummary = Omit<SessionSummary, "notReplayed"> & {
  /**
   * The transactions that were not replayed, grouped by reason. `executionErrors` and `unsanitizable` count these transactions.
   * Absent if all transactions were replayed.
   */
  notReplayed?: SkippedGroup[];
};

/** The name of a counter in the summary. Each transaction increases one counter. */
export type Verdict = Exclude<keyof SessionSummary, "rerouteStats" | "withoutMeta" | "notReplayed">;

/** Reasons that are counted as `unsanitizable`. All other reasons are counted as `executionErrors`. */
const UNSANITIZABLE: ReadonlySet<SkipReason> = new Set<SkipReason>(["malformed", "missingLookupTable"]);

export function verdictOfSkip(reason: SkipReason): Verdict {
  return UNSANITIZABLE.has(reason) ? "unsanitizable" : "executionErrors";
}

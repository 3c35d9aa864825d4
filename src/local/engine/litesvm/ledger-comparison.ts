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
  /** The VM refused it. */
  | "refused";

/** A transaction of the ledger that could not be replayed. */
export interface SkippedTransaction {
  slot: bigint;
  /** Index within its block. */
  index: number;
  /** Absent if its bytes are unreadable. */
  signature?: string;
  reason: SkipReason;
  /** A message with the address in question. */
  detail: string;
}

/** The number of transactions with this reason, and some of them. */
export interface SkippedGroup {
  reason: SkipReason;
  count: number;
  /** The first transactions. */
  examples: readonly SkippedTransaction[];
}

/** The summary of a session, with the examples that the engine adds. */
export type ReplaySummary = Omit<SessionSummary, "notReplayed"> & {
  /** The transactions in `executionErrors` and `unsanitizable`, by reason. Absent if all were replayed. */
  notReplayed?: SkippedGroup[];
};

const MAX_EXAMPLES = 10;

export function groupSkipped(skipped: readonly SkippedTransaction[]): SkippedGroup[] {
  const reasons = [...new Set(skipped.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const alike = skipped.filter((one) => one.reason === reason);
    return { reason, count: alike.length, examples: alike.slice(0, MAX_EXAMPLES) };
  });
}

/** The count of the summary to which a transaction belongs. */
export type Verdict = Exclude<keyof SessionSummary, "rerouteStats" | "withoutMeta" | "notReplayed">;

/** Reasons that count as unsanitizable. The others are execution errors. */
const UNSANITIZABLE: ReadonlySet<SkipReason> = new Set<SkipReason>(["malformed", "missingLookupTable"]);

export function verdictOfSkip(reason: SkipReason): Verdict {
  return UNSANITIZABLE.has(reason) ? "unsanitizable" : "executionErrors";
}

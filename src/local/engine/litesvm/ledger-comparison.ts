import { stringifyJson } from "../../../codec/json.js";
import type { SessionSummary } from "../../../protocol/session-summary.js";
import type { AccountState } from "../engine.js";
import type { RecordedMeta } from "../ledger/ledger.js";
import { readTokenAccount } from "./token-balances.js";

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

/** The summary of a session. Clients ignore `notReplayed` if they do not support it. */
export type ReplaySummary = SessionSummary & {
  /** The transactions in `executionErrors` and `unsanitizable`, by reason. Absent if all were replayed. */
  notReplayed?: readonly SkippedGroup[];
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
export type Verdict = Exclude<keyof SessionSummary, "rerouteStats">;

/** Reasons that count as unsanitizable. The others are execution errors. */
const UNSANITIZABLE: ReadonlySet<SkipReason> = new Set<SkipReason>(["malformed", "missingLookupTable"]);

export function verdictOfSkip(reason: SkipReason): Verdict {
  return UNSANITIZABLE.has(reason) ? "unsanitizable" : "executionErrors";
}

/** The compared result of a transaction. */
export interface Compared {
  err: unknown;
  /** The final states of its accounts, by index. */
  after: readonly (AccountState | undefined)[];
  /** Read only if logs were recorded. */
  logs(): readonly string[];
}

/** Compares the result of a transaction with its recorded outcome. Without a recorded outcome, nothing differs. */
export function verdictOf({ err, after, logs }: Compared, recorded: RecordedMeta | undefined): Verdict {
  if (recorded === undefined) return "correctSimulation";
  const recordedErr = recorded.err ?? null;
  if (err !== recordedErr && stringifyJson(err) !== stringifyJson(recordedErr)) return "incorrectSimulation";
  if (!areBalancesSame(after, recorded)) return "balanceDiff";
  const { logMessages } = recorded;
  if (logMessages == null) return "correctSimulation";
  const logged = logs();
  const areLogsSame = logged.length === logMessages.length && logged.every((line, index) => line === logMessages[index]);
  return areLogsSame ? "correctSimulation" : "logDiff";
}

function areBalancesSame(after: Compared["after"], { postBalances, postTokenBalances }: RecordedMeta): boolean {
  const isLamportsSame = (lamports: number | bigint | null, index: number): boolean =>
    lamports === null || BigInt(lamports) === (after[index]?.lamports ?? 0n);
  return (
    (postBalances ?? []).every(isLamportsSame) &&
    (postTokenBalances ?? []).every(({ accountIndex, mint, uiTokenAmount }) => {
      const account = readTokenAccount(after[accountIndex]);
      return account?.mint === mint && account.amount.toString() === uiTokenAmount.amount;
    })
  );
}

import { stringifyJson } from "../../../codec/json.js";
import type { SessionSummary } from "../../../protocol/session-summary.js";
import type { AccountState } from "../engine.js";
import type { RecordedMeta } from "../ledger/ledger.js";
import { readTokenAccount } from "./token-balances.js";

/** Why a transaction of the ledger was not executed, or not as it was recorded. */
export type SkipReason =
  /** Its bytes aren't a transaction. */
  | "malformed"
  /** A lookup table is missing, or too short. */
  | "missingLookupTable"
  /** The ledger doesn't know an account that it names. */
  | "missingAccount"
  /** The ledger hasn't got a program that it invokes, or the VM can't load it. */
  | "missingProgram"
  /** The VM would not run it. */
  | "refused";

/** A transaction of the ledger that could not be replayed. */
export interface SkippedTransaction {
  slot: bigint;
  /** Position within its block. */
  index: number;
  /** Absent if its bytes can't be read. */
  signature?: string;
  reason: SkipReason;
  /** In words, with the address that it is about. */
  detail: string;
}

/** How many could not be replayed for a reason, and some of them. */
export interface SkippedGroup {
  reason: SkipReason;
  count: number;
  /** The first ones. */
  examples: readonly SkippedTransaction[];
}

/** A session's summary. A client that doesn't know `notReplayed` passes it over. */
export type ReplaySummary = SessionSummary & {
  /** What `executionErrors` and `unsanitizable` count, by reason; left out where all was replayed. */
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

/** What a summary counts a transaction as: each is counted once. */
export type Verdict = Exclude<keyof SessionSummary, "rerouteStats">;

/** These can't be told from what is in the block; the others are errors of execution. */
const UNSANITIZABLE: ReadonlySet<SkipReason> = new Set<SkipReason>(["malformed", "missingLookupTable"]);

export function verdictOfSkip(reason: SkipReason): Verdict {
  return UNSANITIZABLE.has(reason) ? "unsanitizable" : "executionErrors";
}

/** What a transaction came to, as far as it is compared. */
export interface Compared {
  err: unknown;
  /** The states of its accounts after it, by position. */
  after: readonly (AccountState | undefined)[];
  /** Fetched only where logs were recorded. */
  logs(): readonly string[];
}

/** Compares what a transaction came to with what was recorded of it. Where nothing was, nothing differs. */
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

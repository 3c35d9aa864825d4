import type { RecordedMeta } from "../ledger/ledger.js";
import {
  type Compared,
  groupSkipped,
  type ReplaySummary,
  type SkippedTransaction,
  verdictOf,
  verdictOfSkip,
} from "./ledger-comparison.js";

/** Counts how a session's ledger comes out, each of its transactions once. */
export class Tally {
  readonly #onSkipped: ((skipped: SkippedTransaction) => void) | undefined;
  readonly #skipped: SkippedTransaction[] = [];
  readonly #summary: ReplaySummary = {
    correctSimulation: 0,
    incorrectSimulation: 0,
    executionErrors: 0,
    balanceDiff: 0,
    logDiff: 0,
    unsanitizable: 0,
    rerouteStats: undefined,
  };

  constructor(onSkipped: ((skipped: SkippedTransaction) => void) | undefined) {
    this.#onSkipped = onSkipped;
  }

  /** A transaction was executed. */
  compare(compared: Compared, recorded: RecordedMeta | undefined): void {
    this.#summary[verdictOf(compared, recorded)]++;
  }

  /** A transaction could not be replayed. */
  skip(skipped: SkippedTransaction): void {
    this.#summary[verdictOfSkip(skipped.reason)]++;
    this.#skipped.push(skipped);
    this.#onSkipped?.(skipped);
  }

  /** All that could not be replayed, in order. */
  get skipped(): readonly SkippedTransaction[] {
    return this.#skipped;
  }

  get summary(): ReplaySummary {
    return { ...this.#summary, ...(this.#skipped.length > 0 && { notReplayed: groupSkipped(this.#skipped) }) };
  }
}

import { emptySummary } from "../empty-summary.js";
import type { RecordedMeta } from "../ledger/ledger.js";
import {
  type Compared,
  groupSkipped,
  type ReplaySummary,
  type SkippedTransaction,
  verdictOf,
  verdictOfSkip,
} from "./ledger-comparison.js";

/** Counts the outcome of each transaction of the ledger once. */
export class Tally {
  readonly #onSkipped: ((skipped: SkippedTransaction) => void) | undefined;
  readonly #skipped: SkippedTransaction[] = [];
  readonly #summary: ReplaySummary = emptySummary();

  constructor(onSkipped: ((skipped: SkippedTransaction) => void) | undefined) {
    this.#onSkipped = onSkipped;
  }

  /** Counts an executed transaction. */
  compare(compared: Compared, recorded: RecordedMeta | undefined): void {
    this.#summary[verdictOf(compared, recorded)]++;
  }

  /** Counts a transaction that was not replayed. */
  skip(skipped: SkippedTransaction): void {
    this.#summary[verdictOfSkip(skipped.reason)]++;
    this.#skipped.push(skipped);
    this.#onSkipped?.(skipped);
  }

  /** The transactions that were not replayed, in order. */
  get skipped(): readonly SkippedTransaction[] {
    return this.#skipped;
  }

  get summary(): ReplaySummary {
    return { ...this.#summary, ...(this.#skipped.length > 0 && { notReplayed: groupSkipped(this.#skipped) }) };
  }
}

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

/** Counts how a session's ledger comes out, each of its transactions once. */
export class Tally {
  readonly #onSkipped: ((skipped: SkippedTransaction) => void) | undefined;
  readonly #skipped: SkippedTransaction[] = [];
  readonly #summary: ReplaySummary = emptySummary();

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

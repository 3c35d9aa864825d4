import { emptySummary } from "../empty-summary.js";
import type { RecordedMeta } from "../ledger/ledger.js";
import { groupSkipped, type ReplaySummary, type SkippedTransaction, verdictOfSkip } from "./ledger-comparison.js";
import { type Compared, verdictOf } from "./outcome-verdict.js";

/** Counts each transaction of the ledger once, by its outcome. */
export class Tally {
  readonly #onSkipped: ((skipped: SkippedTransaction) => void) | undefined;
  readonly #skipped: SkippedTransaction[] = [];
  readonly #summary: Omit<ReplaySummary, "notReplayed"> = emptySummary();
  #withoutMeta = 0;

  constructor(onSkipped: ((skipped: SkippedTransaction) => void) | undefined) {
    this.#onSkipped = onSkipped;
  }

  /** Counts an executed transaction. */
  compare(compared: Compared, recorded: RecordedMeta | undefined): void {
    this.#summary[verdictOf(compared, recorded)]++;
    if (recorded === undefined) this.#withoutMeta++;
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
    return {
      ...this.#summary,
      ...(this.#withoutMeta > 0 && { withoutMeta: this.#withoutMeta }),
      ...(this.#skipped.length > 0 && { notReplayed: groupSkipped(this.#skipped) }),
    };
  }
}

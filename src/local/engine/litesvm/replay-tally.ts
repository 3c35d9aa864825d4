import { emptySummary } from "../empty-summary.js";
import type { RecordedMeta } from "../ledger/ledger.js";
import {
  type ReplaySummary,
  type SkippedGroup,
  type SkippedTransaction,
  type SkipReason,
  verdictOfSkip,
} from "./ledger-comparison.js";
import { type Compared, verdictOf } from "./outcome-verdict.js";

/**
 * The maximum number of examples per reason. The limit is needed because most transactions of a mainnet block are votes, which
 * cannot be replayed.
 */
const MAX_EXAMPLES = 10;

/** Counts the transactions of the ledger by their outcome, each transaction once. */
export class Tally {
  readonly #onSkipped: ((skipped: SkippedTransaction) => void) | undefined;
  readonly #skipped = new Map<SkipReason, { count: number; examples: SkippedTransaction[] }>();
  readonly #summary: Omit<ReplaySummary, "notReplayed"> = emptySummary();
  #withoutMeta = 0;

  constructor(onSkipped: ((skipped: SkippedTransaction) => void) | undefined) {
    this.#onSkipped = onSkipped;
  }

  /** Compares an executed transaction with its recorded outcome and counts the result. */
  compare(compared: Compared, recorded: RecordedMeta | undefined): void {
    this.#summary[verdictOf(compared, recorded)]++;
    if (recorded === undefined) this.#withoutMeta++;
  }

  /** Counts a transaction that was not replayed. */
  skip(skipped: SkippedTransaction): void {
    this.#summary[verdictOfSkip(skipped.reason)]++;
    const group = this.#skipped.get(skipped.reason) ?? { count: 0, examples: [] };
    this.#skipped.set(skipped.reason, group);
    group.count++;
    if (group.examples.length < MAX_EXAMPLES) group.examples.push(skipped);
    this.#onSkipped?.(skipped);
  }

  get summary(): ReplaySummary {
    return {
      ...this.#summary,
      ...(this.#withoutMeta > 0 && { withoutMeta: this.#withoutMeta }),
      ...(this.#skipped.size > 0 && { notReplayed: this.#notReplayed() }),
    };
  }

  #notReplayed(): SkippedGroup[] {
    return [...this.#skipped].map(([reason, { count, examples }]) => ({ reason, count, examples: [...examples] }));
  }
}

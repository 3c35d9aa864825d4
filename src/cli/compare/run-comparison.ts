import { DIFFERENCE_KINDS, type Difference, type DifferenceKind, findDifference, soleDifference } from "./difference.js";
import type { Outcome } from "./transaction-outcome.js";

export type DifferenceCounts = Record<DifferenceKind, number>;

/** The differences of all runs that were added. Keeps at most `limit` differences of each kind. */
export class Comparison {
  same = 0;
  readonly counts = Object.fromEntries(DIFFERENCE_KINDS.map((kind) => [kind, 0])) as DifferenceCounts;
  readonly #limit: number;
  readonly #ignored: ReadonlySet<DifferenceKind>;
  readonly #first = new Map<DifferenceKind, Difference[]>();

  /** @param ignored kinds that count as equal; ignored `missing` and `extra` transactions are not counted at all */
  constructor(limit: number, ignored: Iterable<DifferenceKind> = []) {
    this.#limit = limit;
    this.#ignored = new Set(ignored);
  }

  get total(): number {
    return DIFFERENCE_KINDS.reduce((sum, kind) => sum + this.counts[kind], 0);
  }

  /** The first differences of each kind, in the order of the chain. */
  get differences(): Difference[] {
    return DIFFERENCE_KINDS.flatMap((kind) => (this.#first.get(kind) ?? []).sort(inOrder).slice(0, this.#limit));
  }

  /**
   * Compares two runs, or a pair of partitions. Duplicates count once, for a record has a transaction for each of its programs.
   * Keeps all outcomes of A in memory.
   */
  async add(a: AsyncIterable<Outcome> | Iterable<Outcome>, b: AsyncIterable<Outcome> | Iterable<Outcome>): Promise<void> {
    const known = new Map<string, { outcome: Outcome; isMatched: boolean }>();
    for await (const outcome of a) {
      if (!known.has(outcome.signature)) known.set(outcome.signature, { outcome, isMatched: false });
    }
    const extra = new Set<string>();
    for await (const outcome of b) {
      const { signature } = outcome;
      const counterpart = known.get(signature);
      if (counterpart?.isMatched || extra.has(signature)) continue;
      if (counterpart === undefined) {
        extra.add(signature);
        this.#note(soleDifference("extra", outcome));
      } else {
        counterpart.isMatched = true;
        this.#note(findDifference(counterpart.outcome, outcome));
      }
    }
    for (const { outcome, isMatched } of known.values()) if (!isMatched) this.#note(soleDifference("missing", outcome));
  }

  #note(difference: Difference | undefined): void {
    if (difference === undefined || this.#ignored.has(difference.kind)) {
      if (difference?.kind !== "missing" && difference?.kind !== "extra") this.same++;
      return;
    }
    const { kind } = difference;
    this.counts[kind]++;
    const first = this.#first.get(kind) ?? [];
    this.#first.set(kind, first);
    first.push(difference);
    // Sorted only now and then, for efficiency.
    if (first.length > 2 * this.#limit + 16) first.sort(inOrder).splice(this.#limit);
  }
}

function inOrder(a: Difference, b: Difference): number {
  if (a.slot !== b.slot) return a.slot < b.slot ? -1 : 1;
  return a.index - b.index || (a.signature < b.signature ? -1 : 1);
}

/** Sequence ids that were lost: from `expected` up to, and without, `got`. */
export interface SequenceGap {
  readonly expected: bigint;
  readonly got: bigint;
}

/** Follows the sequence ids of a session's responses: recognizes duplicates and gaps. */
export class SequenceTracker {
  #last: bigint | undefined;
  /** Whether each id so far was the next number. Only then does a jump mean that something is missing. */
  #contiguous = true;
  /** Whether a damaged response was skipped, so that a jump does mean that. */
  #hasSkipped = false;

  constructor(last?: bigint) {
    this.#last = last;
  }

  /** The last id that was received. A re-attach continues after it. */
  get last(): bigint | undefined {
    return this.#last;
  }

  /** Whether a response was received before. A response without an id is never a duplicate. */
  isDuplicate(sequence: bigint | undefined): boolean {
    return sequence !== undefined && this.#last !== undefined && sequence <= this.#last;
  }

  /** A damaged response was skipped. */
  handleSkipped(): void {
    this.#hasSkipped = true;
  }

  /**
   * Records the id of a response that is not a duplicate.
   *
   * @param resumed whether it is the first one after a re-attach
   */
  advance(sequence: bigint, resumed: boolean): SequenceGap | undefined {
    const expected = this.#last === undefined ? undefined : this.#last + 1n;
    const hasSkipped = this.#hasSkipped;
    this.#last = sequence;
    this.#hasSkipped = false;
    if (expected === undefined || sequence === expected) return undefined;
    const isGap = hasSkipped || (resumed && this.#contiguous);
    if (!resumed && !hasSkipped) this.#contiguous = false;
    return isGap ? { expected, got: sequence } : undefined;
  }
}

/** Lost sequence ids: from `expected` up to, but not including, `got`. */
export interface SequenceGap {
  readonly expected: bigint;
  readonly got: bigint;
}

/** Tracks the sequence ids of a session's responses, and recognizes duplicates and gaps. */
export class SequenceTracker {
  #last: bigint | undefined;
  /** Whether the server numbers the responses consecutively. If not, a jump after a re-attach is not reported as a gap. */
  #contiguous = true;
  /** Whether a damaged response was skipped after the response with the id `#last`. The next jump is then reported as a gap. */
  #hasSkipped = false;

  constructor(last?: bigint) {
    this.#last = last;
  }

  /** The last received id. A re-attach continues after this id. */
  get last(): bigint | undefined {
    return this.#last;
  }

  /** Whether a response has been received before. A response without an id is never a duplicate. */
  isDuplicate(sequence: bigint | undefined): boolean {
    return sequence !== undefined && this.#last !== undefined && sequence <= this.#last;
  }

  /** Called when a damaged response was skipped. */
  handleSkipped(): void {
    this.#hasSkipped = true;
  }

  /**
   * Records the id of a response that is not a duplicate. Returns the gap before this response, if there is one.
   *
   * @param resumed `true` for the first response after a re-attach
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

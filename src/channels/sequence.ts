/**
 * Follows the sequence ids of a session's responses: what was seen is told from what is new, and a hole from none.
 */
export class SequenceTracker {
  #last: bigint | undefined;
  /** Whether each id so far was the next number: only then does a leap tell that something is missing. */
  #contiguous = true;

  constructor(last?: bigint) {
    this.#last = last;
  }

  /** The last id that came; what a re-attach asks to go on after. */
  get last(): bigint | undefined {
    return this.#last;
  }

  /** Whether a response is a repetition. One without an id never is. */
  isRepetition(sequence: bigint | undefined): boolean {
    return sequence !== undefined && this.#last !== undefined && sequence <= this.#last;
  }

  /** Notes an id that is no repetition. `resumed`: it is the first one after a re-attach. */
  advance(sequence: bigint, resumed: boolean): { expected: bigint; got: bigint } | undefined {
    const expected = this.#last === undefined ? undefined : this.#last + 1n;
    this.#last = sequence;
    if (expected === undefined || sequence === expected) return undefined;
    const gap = resumed && this.#contiguous ? { expected, got: sequence } : undefined;
    if (!resumed) this.#contiguous = false;
    return gap;
  }
}

/**
 * Maximum number of values without bytes, such as empty structures. The size of the data does not limit the number of such
 * values: nested lists can describe billions of them.
 */
const MAX_EMPTY_VALUES = 100_000;
/**
 * Maximum number of steps. This number of steps takes about a third of a second. With a reasonable IDL, the largest account
 * (10 MiB) needs fewer steps.
 */
const MAX_STEPS = 32 * 1024 * 1024;
/** Decoding a value takes about as long as scanning this number of bytes. */
const STEPS_PER_VALUE = 8;

/**
 * Limits the work of decoding one transaction or one account. Even small data can need much work, because the types in an IDL can
 * read the same bytes many times. All readers of the data share the limit.
 */
export class DecodeWork {
  #empty = MAX_EMPTY_VALUES;
  #steps = MAX_STEPS;
  /** Whether decoding was stopped because a limit was reached. */
  isExhausted = false;

  /** Spends a step for each scanned byte. @throws RangeError if the limit is reached */
  scan(bytes: number): void {
    this.#steps -= bytes;
    if (this.#steps < 0) this.#stop();
  }

  /** Counts the steps for one value. @throws RangeError if the limit is reached */
  value(): void {
    this.scan(STEPS_PER_VALUE);
  }

  /** Counts one value that takes no bytes in the data, such as an empty structure. @throws RangeError if the limit is reached */
  emptyValue(): void {
    if (--this.#empty < 0) this.#stop();
  }

  /** Adds a problem to the list if a limit was reached. */
  report(problems: string[]): void {
    if (this.isExhausted) problems.push(`decoding was stopped: ${LIMIT}. The IDL is damaged, or belongs to another program`);
  }

  #stop(): never {
    this.isExhausted = true;
    throw new RangeError(LIMIT);
  }
}

const LIMIT = `the IDL needs more than ${MAX_STEPS / STEPS_PER_VALUE} values, ${MAX_STEPS} scanned bytes or ${MAX_EMPTY_VALUES} values without bytes for this data`;

/** Slots from the first to the last one, inclusive. */
export interface SlotRange {
  readonly startSlot: bigint;
  readonly endSlot: bigint;
}

/** What of a session's range was seen. */
export interface SessionCoverage {
  /** Whether the server has reported the end of the range. */
  completed: boolean;
  /** The highest slot with a block. The last slots of the range may have none. */
  highestSlot?: bigint;
  /** A slot beyond the range: it belongs to another session. */
  beyondRange?: bigint;
}

/** Tracks which slots of a range were received. */
export class CoverageTracker {
  readonly #range: SlotRange;
  #completed = false;
  #highest: bigint | undefined;

  constructor(range: SlotRange = { startSlot: 0n, endSlot: 0n }) {
    this.#range = range;
  }

  get coverage(): SessionCoverage {
    const highest = this.#highest;
    return {
      completed: this.#completed,
      ...(highest !== undefined && { highestSlot: highest }),
      ...(highest !== undefined && highest > this.#range.endSlot && { beyondRange: highest }),
    };
  }

  /** Slots that are done, up to the highest one that was seen, and slots of the range. */
  get progress(): { done: bigint; total: bigint } {
    const { startSlot, endSlot } = this.#range;
    const total = endSlot - startSlot + 1n;
    const seen = this.#highest === undefined ? 0n : this.#highest - startSlot + 1n;
    return { done: this.#completed || seen > total ? total : seen < 0n ? 0n : seen, total };
  }

  observeSlot(slot: bigint): void {
    if (this.#highest === undefined || slot > this.#highest) this.#highest = slot;
  }

  markCompleted(): void {
    this.#completed = true;
  }
}

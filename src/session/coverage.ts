/** A range of slots, both ends inclusive. */
export interface SlotRange {
  /** The first slot. */
  readonly startSlot: bigint;
  /** The last slot, inclusive. */
  readonly endSlot: bigint;
}

/** Which part of a session's range has been received. */
export interface SessionCoverage {
  /** Whether the server has reported the end of the range. */
  completed: boolean;
  /**
   * The highest received slot. For a resumed session, this includes the slots that were received before the resume. The slot can be
   * lower than the end of the range, because the last slots may have no block.
   */
  highestSlot?: bigint;
  /** The highest received slot, if it is after the end of the range. The server should not send slots after the end. */
  beyondRange?: bigint;
}

/** Tracks which slots of a range have been received. */
export class CoverageTracker {
  readonly #range: SlotRange;
  #completed = false;
  #highest: bigint | undefined;

  /** @param reached for a resumed session: the highest slot that was delivered before the checkpoint */
  constructor(range: SlotRange = { startSlot: 0n, endSlot: 0n }, reached?: bigint) {
    this.#range = range;
    this.#highest = reached;
  }

  get coverage(): SessionCoverage {
    const highest = this.#highest;
    return {
      completed: this.#completed,
      ...(highest !== undefined && { highestSlot: highest }),
      ...(highest !== undefined && highest > this.#range.endSlot && { beyondRange: highest }),
    };
  }

  /** `done`: the number of slots up to the highest received slot. `total`: the number of slots in the range. */
  get progress(): { done: bigint; total: bigint } {
    const { startSlot, endSlot } = this.#range;
    const total = endSlot - startSlot + 1n;
    const seen = (this.#highest ?? startSlot - 1n) - startSlot + 1n;
    return { done: this.#completed || seen > total ? total : seen < 0n ? 0n : seen, total };
  }

  observeSlot(slot: bigint): void {
    if (this.#highest === undefined || slot > this.#highest) this.#highest = slot;
  }

  markCompleted(): void {
    this.#completed = true;
  }
}

/** A cursor as data. */
export interface CursorState {
  slot: bigint;
  /** The keys of the events that were received at this slot. */
  keys: readonly string[];
}

/**
 * The position of a subscription: everything below its slot was received, and at its slot the events with these keys. The slots
 * of a subscription never decrease. After a reconnect, an event below the slot is a duplicate, and so is an event at the slot
 * whose key was received before.
 */
export class Cursor {
  #slot: bigint | undefined;
  #keys: string[] = [];
  /** Keys that were received on an earlier connection and not yet on this one, and how often. */
  #expected: Map<string, number> | undefined;
  #expectedCount = 0;

  constructor(state?: CursorState) {
    this.#slot = state?.slot;
    this.#keys = [...(state?.keys ?? [])];
  }

  /** The highest slot that was received. A resubscribe asks for it again, since only a part of it may have arrived. */
  get slot(): bigint | undefined {
    return this.#slot;
  }

  get state(): CursorState | undefined {
    return this.#slot === undefined ? undefined : { slot: this.#slot, keys: [...this.#keys] };
  }

  /** Number of events that were received at `slot`. */
  get keyCount(): number {
    return this.#keys.length;
  }

  /** Number of events of the boundary slot that this connection has not replayed. */
  get missingCount(): number {
    return this.#expectedCount;
  }

  /** Whether both cursors are at the same position. */
  isAt(other: Cursor): boolean {
    return this.#slot === other.#slot && this.#keys.length === other.#keys.length;
  }

  /** A new connection starts, which replays the slot. */
  rewind(): void {
    this.#expected = undefined;
    this.#expectedCount = this.#keys.length;
    if (this.#keys.length === 0) return;
    this.#expected = new Map();
    for (const key of this.#keys) this.#expected.set(key, (this.#expected.get(key) ?? 0) + 1);
  }

  /** Drops the events that the server did not replay: their loss was reported. */
  forgetMissing(): void {
    if (this.#expectedCount === 0) return;
    for (const [key, count] of this.#expected ?? []) {
      for (let i = 0; i < count; i++) this.#keys.splice(this.#keys.indexOf(key), 1);
    }
    this.#expected = undefined;
    this.#expectedCount = 0;
  }

  /** Returns whether an event is new, and notes it if so. */
  accept(slot: bigint, key: string): boolean {
    if (this.#slot !== undefined && slot < this.#slot) return false;
    if (this.#expectedCount > 0 && slot === this.#slot) {
      const left = this.#expected?.get(key) ?? 0;
      if (left > 0) {
        this.#expected?.set(key, left - 1);
        this.#expectedCount--;
        return false;
      }
    }
    this.note(slot, key);
    return true;
  }

  /** Notes an event that is known to be new. */
  note(slot: bigint, key: string): void {
    if (slot !== this.#slot) {
      this.#slot = slot;
      this.#keys = [];
      this.#expected = undefined;
      this.#expectedCount = 0;
    }
    this.#keys.push(key);
  }
}

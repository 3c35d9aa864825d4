/** The state of a cursor, as plain data. */
export interface CursorState {
  slot: bigint;
  /** The keys of the events received at this slot. */
  keys: readonly string[];
}

/**
 * The position of a subscription: a slot, and the keys of the events received at that slot. All events of lower slots have been
 * received, because the slots of a subscription never decrease. After a reconnect, an event with a lower slot is a duplicate. An
 * event at this slot is a duplicate if its key has already been received.
 */
export class Cursor {
  #slot: bigint | undefined;
  #keys: string[] = [];
  /** For each key, how many replayed events are still expected on this connection. */
  #expected: Map<string, number> | undefined;
  #expectedCount = 0;

  constructor(state?: CursorState) {
    this.#slot = state?.slot;
    this.#keys = [...(state?.keys ?? [])];
  }

  /** The highest received slot. A resubscribe requests this slot again, because some events of the slot may not have arrived. */
  get slot(): bigint | undefined {
    return this.#slot;
  }

  get state(): CursorState | undefined {
    return this.#slot === undefined ? undefined : { slot: this.#slot, keys: [...this.#keys] };
  }

  /** Number of events received at `slot`. */
  get keyCount(): number {
    return this.#keys.length;
  }

  /** Number of events at `slot` that the server has not replayed yet on this connection. */
  get missingCount(): number {
    return this.#expectedCount;
  }

  /** Whether both cursors are at the same position. */
  isAt(other: Cursor): boolean {
    return this.#slot === other.#slot && this.#keys.length === other.#keys.length;
  }

  /** Prepares for a new connection. The server replays the events of the highest received slot. */
  rewind(): void {
    this.#expected = undefined;
    this.#expectedCount = this.#keys.length;
    if (this.#keys.length === 0) return;
    this.#expected = new Map();
    for (const key of this.#keys) this.#expected.set(key, (this.#expected.get(key) ?? 0) + 1);
  }

  /** Removes the keys of events that the server did not replay. The loss of these events has already been reported. */
  forgetMissing(): void {
    if (this.#expectedCount === 0) return;
    for (const [key, count] of this.#expected ?? []) {
      for (let i = 0; i < count; i++) this.#keys.splice(this.#keys.indexOf(key), 1);
    }
    this.#expected = undefined;
    this.#expectedCount = 0;
  }

  /** Returns whether an event is new, and records it if it is. */
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

  /** Records an event that is known to be new. */
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

/** A cursor as data. */
export interface CursorState {
  slot: bigint;
  /** Of the events at that slot, what tells each from the others. */
  keys: readonly string[];
}

/**
 * Where a subscription stands: all of the slots below have come, and of its own slot the events with these keys. A
 * subscription's slots never fall, so that after a reconnect everything below is a repetition, and at the slot itself
 * whatever has come before.
 */
export class Cursor {
  #slot: bigint | undefined;
  #keys: string[] = [];
  /** Of the keys, those that may come again on this connection, and how often. */
  #repeatable: Map<string, number> | undefined;

  constructor(state?: CursorState) {
    this.#slot = state?.slot;
    this.#keys = [...(state?.keys ?? [])];
  }

  /** The highest slot that has come; a resubscribe asks for it again, since only part of it may have. */
  get slot(): bigint | undefined {
    return this.#slot;
  }

  get state(): CursorState | undefined {
    return this.#slot === undefined ? undefined : { slot: this.#slot, keys: [...this.#keys] };
  }

  /** Whether as much has come here as there. */
  isAt(other: Cursor): boolean {
    return this.#slot === other.#slot && this.#keys.length === other.#keys.length;
  }

  /** A new connection begins, on which the slot comes again. */
  rewind(): void {
    this.#repeatable = undefined;
    if (this.#keys.length === 0) return;
    this.#repeatable = new Map();
    for (const key of this.#keys) this.#repeatable.set(key, (this.#repeatable.get(key) ?? 0) + 1);
  }

  /** Whether an event is new; if so it is noted. */
  accept(slot: bigint, key: string): boolean {
    if (this.#slot !== undefined && slot < this.#slot) return false;
    if (slot === this.#slot) {
      const left = this.#repeatable?.get(key) ?? 0;
      if (left > 0) {
        this.#repeatable?.set(key, left - 1);
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
      this.#repeatable = undefined;
    }
    this.#keys.push(key);
  }
}

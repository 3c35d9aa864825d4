import { responseMembers, type SessionResponse } from "../wire/response-frames.js";
import { LIMITS } from "../wire/simulator-limits.js";

/** A response of a session, with its sequence id. */
export interface SequencedEntry {
  sequence: number;
  /** The members of the response as JSON text, without braces and without the sequence id. */
  members: string;
  response: SessionResponse;
}

/**
 * The responses of a session. The first sequence id is 1. Each connection reads from its own position. When the buffer is full,
 * the oldest entries are evicted.
 */
export class ReplayBuffer {
  #entries: SequencedEntry[] = [];
  #dropped = 0;

  push(response: SessionResponse): SequencedEntry {
    const entry = { sequence: this.last + 1, members: responseMembers(response), response };
    this.#entries.push(entry);
    // Removes entries in chunks, because removing the first item of an array moves all other items.
    const excess = this.#entries.length - LIMITS.replayResponses;
    if (excess > LIMITS.replayResponses / 10) {
      this.#entries.splice(0, excess);
      this.#dropped += excess;
    }
    return entry;
  }

  /** Evicts all entries except the newest ones, like a server whose buffer is full. For tests. */
  evict(kept: number): void {
    const excess = Math.max(0, this.#entries.length - kept);
    this.#entries.splice(0, excess);
    this.#dropped += excess;
  }

  /** The sequence of the last entry. 0 if there is none. */
  get last(): number {
    return this.#dropped + this.#entries.length;
  }

  /** Returns the first stored entry after a sequence id. */
  after(sequence: number): SequencedEntry | undefined {
    return this.#entries[Math.max(0, sequence - this.#dropped)];
  }
}

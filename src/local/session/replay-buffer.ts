import { responseMembers, type SessionResponse } from "../wire/server-responses.js";
import { LIMITS } from "../wire/simulator-limits.js";

/** A response of a session at its place in the sequence. */
export interface SequencedEntry {
  sequence: number;
  /** Its JSON members, without braces and sequence. */
  members: string;
  response: SessionResponse;
}

/**
 * All that a session has said, by its sequence, which starts at 1. Whoever is connected reads from a position of its
 * own; the oldest entries go when there are too many.
 */
export class ReplayBuffer {
  #entries: SequencedEntry[] = [];
  #dropped = 0;

  push(response: SessionResponse): SequencedEntry {
    const entry = { sequence: this.last + 1, members: responseMembers(response), response };
    this.#entries.push(entry);
    // In parts: taking one off the front of an array moves all the others.
    const excess = this.#entries.length - LIMITS.replayResponses;
    if (excess > LIMITS.replayResponses / 10) {
      this.#entries.splice(0, excess);
      this.#dropped += excess;
    }
    return entry;
  }

  /** Drops all but the newest entries, as a server does whose buffer is full. For tests. */
  evict(kept: number): void {
    const excess = Math.max(0, this.#entries.length - kept);
    this.#entries.splice(0, excess);
    this.#dropped += excess;
  }

  /** The sequence of the last entry; 0 if there is none. */
  get last(): number {
    return this.#dropped + this.#entries.length;
  }

  /** The first entry after a sequence that is still held. */
  after(sequence: number): SequencedEntry | undefined {
    return this.#entries[Math.max(0, sequence - this.#dropped)];
  }
}

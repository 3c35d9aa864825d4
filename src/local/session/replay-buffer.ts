import { responseMembers, type SessionResponse } from "../wire/response-frames.js";
import { LIMITS } from "../wire/simulator-limits.js";

/** A response of a session, with its sequence. */
export interface SequencedEntry {
  sequence: number;
  /** Its JSON members, without braces and sequence. */
  members: string;
  response: SessionResponse;
}

/**
 * The responses of a session by sequence, which starts at 1. Each connection reads from its own position. The oldest entries are
 * evicted at the limit.
 */
export class ReplayBuffer {
  #entries: SequencedEntry[] = [];
  #dropped = 0;

  push(response: SessionResponse): SequencedEntry {
    const entry = { sequence: this.last + 1, members: responseMembers(response), response };
    this.#entries.push(entry);
    // In chunks, because removing the first item of an array moves all others.
    const excess = this.#entries.length - LIMITS.replayResponses;
    if (excess > LIMITS.replayResponses / 10) {
      this.#entries.splice(0, excess);
      this.#dropped += excess;
    }
    return entry;
  }

  /** Evicts all but the newest entries, like a server whose buffer is full. For tests. */
  evict(kept: number): void {
    const excess = Math.max(0, this.#entries.length - kept);
    this.#entries.splice(0, excess);
    this.#dropped += excess;
  }

  /** The sequence of the last entry; 0 if there is none. */
  get last(): number {
    return this.#dropped + this.#entries.length;
  }

  /** The first stored entry after a sequence. */
  after(sequence: number): SequencedEntry | undefined {
    return this.#entries[Math.max(0, sequence - this.#dropped)];
  }
}

/** What a session has seen so far. Counts from its start; a snapshot, not a live object. */
export interface Diagnostics {
  /** Frames that came in, on all channels. */
  frames: number;
  /** Their payload: bytes of binary frames, characters of text ones. */
  bytes: number;
  /** Connections that were brought back, by channel ("control", "transaction", …). */
  reconnects: Record<string, number>;
  /** Events that came again after a reconnect, and were dropped. */
  duplicatesDropped: number;
  /** Frames that could not be read, and were skipped. */
  malformed: number;
  /** Transactions' own failures that the server told of (`simulationError`). */
  simulationErrors: number;
  /** Events that were received and not yet taken. */
  queueLength: number;
}

/** The counters behind a session's `diagnostics`. */
export class Counters {
  frames = 0;
  bytes = 0;
  duplicatesDropped = 0;
  malformed = 0;
  simulationErrors = 0;
  readonly #reconnects: Record<string, number> = {};

  countReconnect(channel: string): void {
    this.#reconnects[channel] = (this.#reconnects[channel] ?? 0) + 1;
  }

  snapshot(queueLength: number): Diagnostics {
    const { frames, bytes, duplicatesDropped, malformed, simulationErrors } = this;
    return { frames, bytes, reconnects: { ...this.#reconnects }, duplicatesDropped, malformed, simulationErrors, queueLength };
  }
}

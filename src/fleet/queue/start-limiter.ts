/** The maximum number of sessions that are started within a period. The limit applies to all workers of a queue together. */
export interface StartLimit {
  /** Maximum number of starts within the period. */
  readonly max: number;
  /** The period, in ms. */
  readonly durationMs: number;
}

/**
 * Counts the sessions that one process has started in a time window. The class reads no clock: the caller passes the current time
 * in ms.
 */
export class StartLimiter {
  readonly #limit: StartLimit | undefined;
  readonly #starts: number[] = [];

  constructor(limit: StartLimit | undefined) {
    this.#limit = limit;
  }

  /** Returns how long to wait until a start is allowed, in ms. 0 if a start is allowed at once. */
  waitMs(now: number): number {
    if (this.#limit === undefined) return 0;
    const { max, durationMs } = this.#limit;
    while (this.#starts.length > 0 && (this.#starts[0] as number) <= now - durationMs) this.#starts.shift();
    return this.#starts.length < max ? 0 : (this.#starts[0] as number) + durationMs - now;
  }

  /** Notes a start. */
  note(now: number): void {
    if (this.#limit !== undefined) this.#starts.push(now);
  }
}

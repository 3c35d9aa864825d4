/** How many sessions may be started within a period. The limit applies to all workers of a queue together. */
export interface StartLimit {
  /** Maximum number of starts within the period. */
  readonly max: number;
  /** The period, in ms. */
  readonly durationMs: number;
}

/** Counts starts in a window of time, for one process. Pure: the caller passes the time, in ms. */
export class StartLimiter {
  readonly #limit: StartLimit | undefined;
  readonly #starts: number[] = [];

  constructor(limit: StartLimit | undefined) {
    this.#limit = limit;
  }

  /** How long to wait until a start is allowed, in ms. 0 if one is allowed now. */
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

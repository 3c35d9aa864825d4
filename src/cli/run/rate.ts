/**
 * The rate is the average over this time, in ms. The time is short, so that the rate recovers soon after a pause or a lost
 * connection.
 */
const WINDOW_MS = 3_000;

/** A moving average of progress. Times are in ms, on a clock that the caller chooses. */
export class Rate {
  readonly #history: { at: number; done: number }[];

  constructor(at: number, done = 0) {
    this.#history = [{ at, done }];
  }

  note(at: number, done: number): void {
    this.#history.push({ at, done });
    while (this.#history.length > 2 && at - (this.#history[1]?.at ?? at) > WINDOW_MS) this.#history.shift();
  }

  perSecond(at: number): number {
    const first = this.#history[0];
    const last = this.#history.at(-1);
    if (first === undefined || last === undefined || at <= first.at) return 0;
    return ((last.done - first.done) / (at - first.at)) * 1000;
  }
}

/** The rate is of the last so many ms: what a stop or a lost connection did to it soon wears off. */
const WINDOW_MS = 3_000;

/** How fast something goes. Times are ms on one clock, which whoever calls reads. */
export class Rate {
  /** What was done, and when. */
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

// @ts-check

/** Length of the series, in s. */
const SECONDS = 120;
/** Number of whole seconds that `mean` averages. */
const WINDOW = 3;

/** Counts per second over the last two minutes. */
export class RateSeries {
  #counts = new Float64Array(SECONDS);
  #second = 0;
  #firstSecond = 0;

  /** @param {number} nowMs @param {number} amount */
  add(nowMs, amount) {
    this.#goTo(Math.floor(nowMs / 1000));
    const at = this.#second % SECONDS;
    this.#counts[at] = (this.#counts[at] ?? 0) + amount;
  }

  /** Returns the series without the current, incomplete second. @param {number} nowMs */
  read(nowMs) {
    this.#goTo(Math.floor(nowMs / 1000));
    const length = Math.min(this.#second - this.#firstSecond, SECONDS - 1);
    const from = this.#second - length;
    const x = Float64Array.from({ length }, (_, index) => from + index);
    return { x, y: x.map((second) => this.#counts[second % SECONDS] ?? 0) };
  }

  /** Returns the mean of the last whole seconds. @param {number} nowMs */
  mean(nowMs) {
    this.#goTo(Math.floor(nowMs / 1000));
    const seconds = Math.min(WINDOW, this.#second - this.#firstSecond);
    if (seconds === 0) return this.#counts[this.#second % SECONDS] ?? 0;
    let sum = 0;
    for (let back = 1; back <= seconds; back++) sum += this.#counts[(this.#second - back) % SECONDS] ?? 0;
    return sum / seconds;
  }

  /** @param {number} second */
  #goTo(second) {
    if (this.#firstSecond === 0) {
      this.#firstSecond = second;
      this.#second = second;
    }
    // No new second has started: all counts are still valid.
    if (second <= this.#second) return;
    const steps = Math.min(second - this.#second, SECONDS);
    for (let step = 0; step < steps; step++) this.#counts[(second - step) % SECONDS] = 0;
    this.#second = second;
  }
}

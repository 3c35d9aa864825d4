/** The rate is the average over this time, in ms. */
export const WINDOW_MS = 3_000;
/** Minimum time between two samples, in ms. */
const SPACING_MS = 100;

interface Sample {
  readonly at: number;
  readonly done: bigint;
}

/** Computes a rate from samples of a count. */
export class SlotRate {
  /** The samples in order. Only the first sample may be older than `WINDOW_MS`. */
  #samples: Sample[] = [];

  /** Removes all samples. */
  reset(): void {
    this.#samples = [];
  }

  /** Adds a sample, and returns the rate per second. @param at the time of a monotonic clock, in ms */
  sample(at: number, done: bigint): number {
    const samples = this.#samples;
    const last = samples.at(-1);
    if (last === undefined || at - last.at >= SPACING_MS) samples.push({ at, done });
    while (samples.length > 1 && (samples[1] as Sample).at <= at - WINDOW_MS) samples.shift();
    const [first = { at, done }] = samples;
    return at === first.at ? 0 : (Number(done - first.done) / (at - first.at)) * 1_000;
  }
}

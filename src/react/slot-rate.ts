/** The rate is that of so long a time before now. */
export const WINDOW_MS = 3_000;
/** Samples nearer to each other tell no more. */
const SPACING_MS = 100;

interface Sample {
  readonly at: number;
  readonly done: bigint;
}

/** How fast something is getting done, from now and then a look at how much is. */
export class SlotRate {
  /** At most one is older than the window. */
  #samples: Sample[] = [];

  /** Forgets what was. */
  reset(): void {
    this.#samples = [];
  }

  /** Done a second, over the last seconds. @param at in ms, never less than before */
  take(at: number, done: bigint): number {
    const samples = this.#samples;
    const last = samples.at(-1);
    if (last === undefined || at - last.at >= SPACING_MS) samples.push({ at, done });
    while (samples.length > 1 && (samples[1] as Sample).at <= at - WINDOW_MS) samples.shift();
    const [first = { at, done }] = samples;
    return at === first.at ? 0 : (Number(done - first.done) / (at - first.at)) * 1_000;
  }
}

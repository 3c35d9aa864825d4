/** Lets a limited number of tasks run at the same time. The others wait, in the order of their calls. */
export class ExecutionTurns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      // The turn passes to the next task directly, so that a later call cannot take it.
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/** Limits how many tasks run at the same time. The other tasks wait and start in the order of their calls. */
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
      // If no task is waiting, the turn becomes free. Otherwise, the next waiting task gets the turn at once.
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

import type { MaybePromise } from "./engine.js";

/** Runs actions on an engine one at a time, in order. */
export class Exclusive {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => MaybePromise<T>): Promise<T> {
    const done = this.#last.then(task);
    // Each action reports its error to its own caller. That error must not make the next action fail.
    this.#last = done.catch(() => {});
    return done;
  }
}

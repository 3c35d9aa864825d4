import type { MaybePromise } from "./engine.js";

/** Lets one thing at a time at an engine, in the order of asking. */
export class Exclusive {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => MaybePromise<T>): Promise<T> {
    const done = this.#last.then(task);
    // What one of them throws is its own asker's business.
    this.#last = done.catch(() => {});
    return done;
  }
}

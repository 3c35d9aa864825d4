import type { MaybePromise } from "./engine.js";

/** Runs actions on an engine one at a time, in order. */
export class Exclusive {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => MaybePromise<T>): Promise<T> {
    const done = this.#last.then(task);
    // An error is reported to the caller of its own action only.
    this.#last = done.catch(() => {});
    return done;
  }
}

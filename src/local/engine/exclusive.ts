import type { MaybePromise } from "./engine.js";

/** Runs actions on an engine one at a time, in order. */
export class Exclusive {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => MaybePromise<T>): Promise<T> {
    const done = this.#last.then(task);
    // `done` rejects with the error of this task. The error must not prevent the next task.
    this.#last = done.catch(() => {});
    return done;
  }
}

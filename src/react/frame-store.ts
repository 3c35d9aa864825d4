import { cancelNextFrame, onNextFrame } from "./next-frame.js";

/**
 * An external store for `useSyncExternalStore`. It observes its source while it has listeners. The snapshot changes at most once
 * per frame, and stays the same object until something has changed.
 */
export abstract class FrameStore<T> {
  readonly #listeners = new Set<() => void>();
  #snapshot: T;
  #stop: (() => void) | undefined;

  constructor(initial: T) {
    this.#snapshot = initial;
  }

  /** Returns the current snapshot, or `last` if nothing has changed. */
  protected abstract read(last: T): T;

  /** Starts to observe the source. Returns a function that stops observing. */
  protected abstract observe(): () => void;

  /** Schedules a refresh in the next frame. */
  protected readonly touch = (): void => onNextFrame(this.#refresh);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#stop === undefined) {
      this.#stop = this.observe();
      // The source may have changed since the last render. If the new snapshot is different, React renders again.
      this.#snapshot = this.read(this.#snapshot);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
      cancelNextFrame(this.#refresh);
    };
  };

  readonly getSnapshot = (): T => {
    // Without listeners, the store does not observe its source, so the snapshot may be outdated.
    if (this.#stop === undefined) this.#snapshot = this.read(this.#snapshot);
    return this.#snapshot;
  };

  readonly #refresh = (): void => {
    const next = this.read(this.#snapshot);
    if (next === this.#snapshot) return;
    this.#snapshot = next;
    for (const listener of this.#listeners) listener();
  };
}

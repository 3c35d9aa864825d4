import { cancelNextFrame, onNextFrame } from "./next-frame.js";

/**
 * An external store for `useSyncExternalStore`. It observes its source while it has listeners. Its snapshot changes at most once
 * per frame, and is the same object until something has changed.
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

  /** Observes the source. Returns a function that stops it. */
  protected abstract observe(): () => void;

  /** Schedules a refresh with the next frame. */
  protected readonly touch = (): void => onNextFrame(this.#refresh);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#stop === undefined) {
      this.#stop = this.observe();
      // React reads the snapshot again after subscribing, and finds changes since rendering.
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
    // Without listeners the store receives no changes, so it reads the source. No rendering can tear then.
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

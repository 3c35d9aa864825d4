import { cancelNextFrame, onNextFrame } from "./next-frame.js";

/**
 * What components read by `useSyncExternalStore`. It follows its source while somebody listens; its snapshot changes at most
 * once a frame, and stays the same object until something has changed.
 */
export abstract class FrameStore<T> {
  readonly #listeners = new Set<() => void>();
  #snapshot: T;
  #unfollow: (() => void) | undefined;

  constructor(initial: T) {
    this.#snapshot = initial;
  }

  /** What there is to be shown now; the last snapshot itself if that says it. */
  protected abstract read(last: T): T;

  /** Listens to the source. Returns what ends that. */
  protected abstract follow(): () => void;

  /** There may be something new. */
  protected readonly touch = (): void => onNextFrame(this.#refresh);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#unfollow === undefined) {
      this.#unfollow = this.follow();
      // What has changed since the rendering, React finds when it asks again.
      this.#snapshot = this.read(this.#snapshot);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#unfollow?.();
      this.#unfollow = undefined;
      cancelNextFrame(this.#refresh);
    };
  };

  readonly getSnapshot = (): T => {
    // While nobody listens nothing tells of a change, and none can tear a rendering that is under way.
    if (this.#unfollow === undefined) this.#snapshot = this.read(this.#snapshot);
    return this.#snapshot;
  };

  readonly #refresh = (): void => {
    const next = this.read(this.#snapshot);
    if (next === this.#snapshot) return;
    this.#snapshot = next;
    for (const listener of this.#listeners) listener();
  };
}

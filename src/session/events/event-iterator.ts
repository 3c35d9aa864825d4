import type { SimulatorError } from "../../protocol/simulator-error.js";
import { onAbort } from "../../transport/on-abort.js";

/**
 * A request for the next event. It can be withdrawn, so that no event is delivered to a consumer that has ended its iteration.
 */
export interface PendingEvent<E> {
  readonly event: Promise<E>;
  withdraw(): void;
}

/** The stream that an `EventIterator` iterates over. */
export interface IterableStream<E> {
  readonly isReady: boolean;
  readonly over: SimulatorError | undefined;
  claim(consumer: object): void;
  unclaim(consumer: object): void;
  take(): E | undefined;
  wait(signal: AbortSignal | undefined): PendingEvent<E>;
  watch(handleReady: () => void): () => void;
}

/**
 * Takes events from a stream one by one. It is the only consumer of the stream from the first `next()` until the iteration ends,
 * the loop exits, or the signal fires.
 */
export class EventIterator<E> implements AsyncIterableIterator<E> {
  readonly #stream: IterableStream<E>;
  protected readonly signal: AbortSignal | undefined;
  readonly #pending = new Set<PendingEvent<E>>();
  #isClaimed = false;
  #isOver = false;
  #stopListening = (): void => {};

  constructor(stream: IterableStream<E>, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.signal = signal;
  }

  /** Whether `next()` would settle at once. */
  get isReady(): boolean {
    return this.#isOver || this.signal?.aborted === true || this.#stream.isReady;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Starts the iteration. @throws SimulatorError `consumerBusy` */
  claim(): void {
    if (this.#isOver || this.#isClaimed || this.signal?.aborted) return;
    this.#stream.claim(this);
    this.#isClaimed = true;
    this.#stopListening = onAbort(this.signal, () => this.#unclaim());
  }

  /** This method is not async, because that would create an additional promise for each buffered event. */
  next(): Promise<IteratorResult<E>> {
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    if (!this.#isClaimed) {
      try {
        this.claim();
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const event = this.signal?.aborted || this.#pending.size > 0 ? undefined : this.#stream.take();
    return event === undefined ? this.#wait() : Promise.resolve({ done: false, value: event });
  }

  /** Ends the iteration. Buffered events stay in the queue for the next iteration. */
  return(): Promise<IteratorResult<E>> {
    this.#leave();
    for (const pending of this.#pending) pending.withdraw();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Calls `handleReady` when `next()` would settle at once. The returned function stops these calls. */
  watch(handleReady: () => void): () => void {
    const stop = this.#stream.watch(handleReady);
    const stopListening = onAbort(this.signal, handleReady);
    return () => {
      stop();
      stopListening();
    };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #wait(): Promise<IteratorResult<E>> {
    const pending = this.#stream.wait(this.signal);
    this.#pending.add(pending);
    try {
      return { done: false, value: await pending.event };
    } catch (error) {
      if (this.#isOver) return { done: true, value: undefined };
      this.#leave();
      if (error === this.#stream.over) return { done: true, value: undefined };
      throw error;
    } finally {
      this.#pending.delete(pending);
    }
  }

  #leave(): void {
    this.#isOver = true;
    this.#unclaim();
  }

  #unclaim(): void {
    this.#isClaimed = false;
    this.#stopListening();
    this.#stream.unclaim(this);
  }
}

import { cancelled } from "../../protocol/error-helpers.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { onAbort } from "../../transport/on-abort.js";
import type { EventQueue } from "./buffered-event.js";
import { EventIterator, type PendingEvent } from "./event-iterator.js";

interface Waiter<E> {
  resolve(event: E): void;
  reject(error: SimulatorError): void;
}

/** How a stream ends after all received events have been delivered. */
export type StreamEnd = { over: SimulatorError } | { failed: SimulatorError };

export interface EventStreamOptions<E> {
  /** A name for the owner of the stream, for error messages. */
  readonly label: string;
  /** Emits an event to the listeners. */
  emit(event: E): void;
  /** Called when an event from the queue has been delivered. */
  handleDelivered(): void;
}

/**
 * Delivers the events of a queue to iterators or listeners. Each call of an iterator's `next()` returns one event. If no iterator
 * has ever been used, the listeners receive each event as soon as it arrives. Unread events stay in the queue.
 */
export class EventStream<E> {
  readonly #queue: EventQueue<E>;
  readonly #options: EventStreamOptions<E>;
  readonly #waiters = new Set<Waiter<E>>();
  #handleReady: (() => void) | undefined;
  /** `flowing`: emits each event as soon as it arrives. `iterated`: emits an event when an iterator requests it. */
  #mode: "buffering" | "starting" | "flowing" | "iterated" = "buffering";
  /** The current iteration. */
  #consumer: object | undefined;
  #end: StreamEnd | undefined;

  constructor(queue: EventQueue<E>, options: EventStreamOptions<E>) {
    this.#queue = queue;
    this.#options = options;
  }

  /** Whether an event that arrives now can be passed directly to the listeners. */
  get isIdleFlow(): boolean {
    return this.#mode === "flowing" && this.#queue.length === 0;
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Whether a request for an event would settle at once. */
  get isReady(): boolean {
    return this.#queue.length > 0 || this.#end !== undefined;
  }

  /** If the stream has ended normally: the error with which `wait` rejects after the end. */
  get over(): SimulatorError | undefined {
    return this.#end !== undefined && "over" in this.#end ? this.#end.over : undefined;
  }

  /** Delivers buffered events to the listeners or to waiting iterators. Called when an event or the end has arrived. */
  serve(): void {
    // The mode is checked for each event, because a listener may call `next()` and thereby end the delivery to listeners.
    while (this.#mode === "flowing") {
      const event = this.#queue.shift();
      if (event === undefined) break;
      this.#options.emit(event);
      this.#options.handleDelivered();
    }
    for (const waiter of this.#waiters) {
      const event = this.#queue.shift();
      if (event === undefined) break;
      // `resolve` comes before `emit`: if a listener aborts the iterator, the iterator still gets this event.
      waiter.resolve(event);
      this.#options.emit(event);
      this.#options.handleDelivered();
    }
    if (this.isReady) this.#handleReady?.();
    if (this.#end === undefined || this.#queue.length > 0) return;
    for (const waiter of this.#waiters) waiter.reject(endError(this.#end));
  }

  /** Called when no more events can arrive. Buffered events are still delivered, and then the stream ends. */
  finish(end: StreamEnd): void {
    this.#end ??= end;
    this.serve();
  }

  /** Undoes `finish`, so that more events can arrive. */
  reopen(): void {
    this.#end = undefined;
  }

  /** Starts to emit events to the listeners, in the next microtask. Does nothing if an iterator has been used. */
  startFlow(): void {
    if (this.#mode !== "buffering") return;
    this.#mode = "starting";
    queueMicrotask(() => {
      if (this.#mode !== "starting") return;
      this.#mode = "flowing";
      this.serve();
    });
  }

  /** Stops the delivery to listeners, and buffers later events. Called when the last listener has been removed. */
  stopFlow(): void {
    if (this.#mode !== "iterated") this.#mode = "buffering";
  }

  /** Leaves the mode `iterated` if no iteration is active, so that listeners can receive events. */
  forgetIteration(): void {
    if (this.#consumer === undefined && this.#mode === "iterated") this.#mode = "buffering";
  }

  /**
   * Resolves with the next event.
   *
   * @throws SimulatorError the error that ended the stream; `consumerBusy` while another consumer iterates; `cancelled`
   * when the signal fires
   */
  next(signal?: AbortSignal): Promise<E> {
    if (signal?.aborted) return Promise.reject(cancelled("waiting for an event", signal));
    const consumer = {};
    try {
      this.claim(consumer);
    } catch (error) {
      return Promise.reject(error);
    }
    const event = this.take();
    if (event === undefined) return this.wait(signal, () => this.unclaim(consumer)).event;
    this.unclaim(consumer);
    return Promise.resolve(event);
  }

  /** Iterates over the events. The iterator ends with the stream. If the stream failed, the iterator throws the error. */
  iterate(signal?: AbortSignal): EventIterator<E> {
    return new EventIterator(this, signal);
  }

  /** Called when an iteration begins. @throws SimulatorError `consumerBusy` during another iteration */
  claim(consumer: object): void {
    if (this.#consumer !== undefined && this.#consumer !== consumer) {
      const message = `the events of ${this.#options.label} are already being iterated over: end that iteration, or use on()`;
      throw new SimulatorError("consumerBusy", message);
    }
    this.#consumer = consumer;
    this.#mode = "iterated";
  }

  /** Called when an iteration ends. The next iteration continues with the buffered events. */
  unclaim(consumer: object): void {
    if (this.#consumer === consumer) this.#consumer = undefined;
  }

  /** Removes and returns the next buffered event, if there is one. */
  take(): E | undefined {
    const event = this.#queue.shift();
    if (event === undefined) return undefined;
    this.#options.emit(event);
    this.#options.handleDelivered();
    return event;
  }

  /** Waits for the next event. `handleSettled` is called as soon as the wait has settled, with or without an event. */
  wait(signal?: AbortSignal, handleSettled = (): void => {}): PendingEvent<E> {
    if (signal?.aborted) return rejected(cancelled("waiting for an event", signal), handleSettled);
    if (this.#end !== undefined) return rejected(endError(this.#end), handleSettled);
    let withdraw = (): void => {};
    const event = new Promise<E>((resolve, reject) => {
      const settle = (): void => {
        this.#waiters.delete(waiter);
        stopListening();
        handleSettled();
      };
      const waiter: Waiter<E> = {
        resolve: (event) => {
          settle();
          resolve(event);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      withdraw = () => waiter.reject(cancelled("waiting for an event"));
      const stopListening = onAbort(signal, () => waiter.reject(cancelled("waiting for an event", signal)));
      this.#waiters.add(waiter);
    });
    return { event, withdraw };
  }

  /**
   * Sets the watcher, and replaces an earlier watcher. `handleReady` is called whenever an event or the end has arrived. The
   * returned function removes the watcher.
   */
  watch(handleReady: () => void): () => void {
    this.#handleReady = handleReady;
    return () => {
      if (this.#handleReady === handleReady) this.#handleReady = undefined;
    };
  }
}

function rejected<E>(error: SimulatorError, handleSettled: () => void): PendingEvent<E> {
  handleSettled();
  return { event: Promise.reject(error), withdraw: () => {} };
}

function endError(end: StreamEnd): SimulatorError {
  return "over" in end ? end.over : end.failed;
}

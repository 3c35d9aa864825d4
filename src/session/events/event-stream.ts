import type { ManagedEvent } from "../../channels/managed-events.js";
import { cancelled } from "../../protocol/error-helpers.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { EventQueue } from "./buffered-event.js";
import { EventIterator, type PendingEvent } from "./event-iterator.js";

interface Waiter<E> {
  resolve(event: E): void;
  reject(error: SimulatorError): void;
}

/** How a stream ends once everything that was received is delivered. */
export type StreamEnd = { over: SimulatorError } | { failed: SimulatorError };

export interface EventStreamOptions<E> {
  /** What the stream belongs to, for error messages. */
  readonly label: string;
  /** Emits an event to the listeners. */
  emit(event: E): void;
  /** Events were delivered from the queue. */
  handleDelivered(): void;
}

/**
 * Delivers the events of a queue to its one consumer: to an iterator, when it asks for them, or, if there was never an
 * iterator, to the listeners as the events arrive.
 */
export class EventStream<E extends ManagedEvent> {
  readonly #queue: EventQueue<E>;
  readonly #options: EventStreamOptions<E>;
  readonly #waiters = new Set<Waiter<E>>();
  #handleReady: (() => void) | undefined;
  /** `iterated` is permanent: from then on, an event is emitted only when it is requested. */
  #mode: "buffering" | "starting" | "flowing" | "iterated" = "buffering";
  /** The iteration that is under way. */
  #consumer: object | undefined;
  #end: StreamEnd | undefined;

  constructor(queue: EventQueue<E>, options: EventStreamOptions<E>) {
    this.#queue = queue;
    this.#options = options;
  }

  /** Whether an event that arrives now can go straight to the listeners. */
  get isIdleFlow(): boolean {
    return this.#mode === "flowing" && this.#queue.length === 0;
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Whether an iteration has ended or is active. */
  get isIterated(): boolean {
    return this.#mode === "iterated";
  }

  /** Whether a request for an event would be answered at once. */
  get isReady(): boolean {
    return this.#queue.length > 0 || this.#end !== undefined;
  }

  /** How the stream ended, if it did so without a failure. */
  get over(): SimulatorError | undefined {
    return this.#end !== undefined && "over" in this.#end ? this.#end.over : undefined;
  }

  /** The next event has arrived. */
  serve(): void {
    // A listener may ask for the next event, and so end the flow.
    while (this.#mode === "flowing") {
      const event = this.#queue.shift();
      if (event === undefined) break;
      this.#options.emit(event);
      this.#options.handleDelivered();
    }
    for (const waiter of this.#waiters) {
      const event = this.#queue.shift();
      if (event === undefined) break;
      // Before the listeners: one of them may abort the signal of this very wait, and the event would be lost.
      waiter.resolve(event);
      this.#options.emit(event);
      this.#options.handleDelivered();
    }
    if (this.isReady) this.#handleReady?.();
    if (this.#end === undefined || this.#queue.length > 0) return;
    for (const waiter of this.#waiters) waiter.reject(endError(this.#end));
  }

  /** Nothing arrives any more: what is buffered is still delivered, then the stream ends. */
  finish(end: StreamEnd): void {
    this.#end ??= end;
    this.serve();
  }

  /** More is going to arrive after all. For a stream whose last event was not delivered. */
  reopen(): void {
    this.#end = undefined;
  }

  /** Emits events from the next microtask on, unless an iterator is active. */
  startFlow(): void {
    if (this.#mode !== "buffering") return;
    this.#mode = "starting";
    queueMicrotask(() => {
      if (this.#mode !== "starting") return;
      this.#mode = "flowing";
      this.serve();
    });
  }

  /** Buffers again: the last listener has left. */
  stopFlow(): void {
    if (this.#mode !== "iterated") this.#mode = "buffering";
  }

  /** Lets the next listener start the flow, even after an iteration. */
  forgetIteration(): void {
    if (this.#consumer === undefined && this.#mode === "iterated") this.#mode = "buffering";
  }

  /**
   * Resolves with the next event.
   *
   * @throws SimulatorError the stream's end; `consumerBusy` while another consumer iterates; `cancelled` when the signal fires
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

  /** Iterates over the events. The iterator ends when the stream does, and throws what it failed with. */
  iterate(signal?: AbortSignal): EventIterator<E> {
    return new EventIterator(this, signal);
  }

  /** An iteration begins. @throws SimulatorError `consumerBusy` while another one is under way */
  claim(consumer: object): void {
    if (this.#consumer !== undefined && this.#consumer !== consumer) {
      const message = `the events of ${this.#options.label} are being iterated over already: end that iteration first, or listen with on()`;
      throw new SimulatorError("consumerBusy", message);
    }
    this.#consumer = consumer;
    this.#mode = "iterated";
  }

  /** An iteration ends. The next one continues with the buffered events. */
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

  /** Waits for the next event. `handleSettled` is called as soon as the wait is over, with any outcome. */
  wait(signal?: AbortSignal, handleSettled = (): void => {}): PendingEvent<E> {
    if (signal?.aborted) return rejected(cancelled("waiting for an event", signal), handleSettled);
    if (this.#end !== undefined) return rejected(endError(this.#end), handleSettled);
    let withdraw = (): void => {};
    const event = new Promise<E>((resolve, reject) => {
      const settle = (): void => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener("abort", handleAbort);
        handleSettled();
      };
      const handleAbort = (): void => waiter.reject(cancelled("waiting for an event", signal));
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
      signal?.addEventListener("abort", handleAbort, { once: true });
      this.#waiters.add(waiter);
    });
    return { event, withdraw };
  }

  /** Calls back when an event or the end has arrived, until the returned function is called. One watcher at a time. */
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

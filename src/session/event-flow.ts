import type { CompletedEvent, ManagedEvent } from "../channels/managed-events.js";
import { cancelled, type SimulatorError } from "../protocol/simulator-error.js";
import { EventStore, type Held } from "./event-store.js";

interface Waiter {
  resolve(event: ManagedEvent): void;
  reject(error: SimulatorError): void;
}

/** A request for the next event, which can be taken back: an event that nobody waits for any more must not be spent on it. */
interface Asked {
  readonly event: Promise<ManagedEvent>;
  withdraw(): void;
}

/** How the stream of events ends, once all that was received is delivered. */
export type StreamEnd = { over: SimulatorError } | { failed: SimulatorError };

export interface EventFlowOptions {
  /** Hands an event to the listeners. */
  emit(event: ManagedEvent): void;
  /** Events were taken. */
  handleTaken(): void;
  deliveredSequence?: bigint | undefined;
}

/**
 * Between what comes in and who takes it. Events are held until somebody takes them: `next()` at its own pace, or, if
 * nobody ever called it, the listeners as the events come.
 */
export class EventFlow {
  readonly #options: EventFlowOptions;
  readonly #store: EventStore;
  readonly #waiters = new Set<Waiter>();
  readonly #watchers = new Set<() => void>();
  /** `pulled` for good once somebody has asked for an event: from then on nobody is handed one unasked. */
  #mode: "held" | "starting" | "flowing" | "pulled" = "held";
  #borrowers = 0;
  #hasListeners = false;
  #end: StreamEnd | undefined;

  constructor(options: EventFlowOptions) {
    this.#options = options;
    this.#store = new EventStore(options.deliveredSequence);
  }

  get store(): Pick<EventStore, "controlLength" | "notificationLength" | "length" | "deliveredSequence"> {
    return this.#store;
  }

  /** Whether somebody who asks for an event is answered at once. */
  get isReady(): boolean {
    return this.#store.length > 0 || this.#end !== undefined;
  }

  /** Events are pulled from now on; calls back when there is one, or the end, until the returned function is called. */
  watch(handleReady: () => void): () => void {
    this.#mode = "pulled";
    this.#watchers.add(handleReady);
    return () => this.#watchers.delete(handleReady);
  }

  arrive(held: Held): void {
    if (this.#end !== undefined) return;
    if (this.#mode === "flowing" && this.#store.length === 0) {
      this.#options.emit(this.#store.deliver(held));
      return;
    }
    this.#store.push(held);
    this.#serve();
  }

  /** The event that comes after all others; nothing is received any more. */
  arriveLast(event: CompletedEvent, sequence: bigint | undefined, over: SimulatorError): void {
    if (this.#end !== undefined) return;
    this.#store.pushLast(event, sequence);
    this.finish({ over });
  }

  /** Nothing is received any more: what is held is still delivered, then the end is told. */
  finish(end: StreamEnd): void {
    this.#end ??= end;
    this.#serve();
  }

  /** Lets go of what nobody took. */
  discard(): void {
    this.#store.clear();
    this.#serve();
  }

  /** Somebody listens: unless events are pulled, they flow from the next microtask on. */
  startFlow(): void {
    this.#hasListeners = true;
    if (this.#mode !== "held") return;
    this.#mode = "starting";
    queueMicrotask(() => {
      if (this.#mode !== "starting") return;
      this.#mode = "flowing";
      this.#serve();
    });
  }

  /** Events are pulled for a while only. Returns what ends that: they then flow on to listeners, if they did. */
  borrow(): () => void {
    if (this.#mode === "pulled" && this.#borrowers === 0) return () => {};
    this.#borrowers++;
    this.#mode = "pulled";
    return () => {
      this.#borrowers--;
      if (this.#borrowers > 0) return;
      this.#mode = "held";
      if (this.#hasListeners) this.startFlow();
    };
  }

  /**
   * The next event.
   *
   * @throws SimulatorError the stream's end; `cancelled` when the signal fires
   */
  next(signal?: AbortSignal): Promise<ManagedEvent> {
    return this.#ask(signal).event;
  }

  /** Takes events one by one; ends when the stream is over, throws when it failed. */
  iterate(signal?: AbortSignal): AsyncIterableIterator<ManagedEvent> {
    let left = false;
    const asked = new Set<Asked>();
    const wait = async (): Promise<IteratorResult<ManagedEvent>> => {
      if (left) return { done: true, value: undefined };
      const request = this.#ask(signal);
      asked.add(request);
      try {
        return { done: false, value: await request.event };
      } catch (error) {
        if (left) return { done: true, value: undefined };
        left = true;
        if (this.#end !== undefined && "over" in this.#end && error === this.#end.over) return { done: true, value: undefined };
        throw error;
      } finally {
        asked.delete(request);
      }
    };
    const iterator: AsyncIterableIterator<ManagedEvent> = {
      // Not async: for what is there already that would cost a promise an event.
      next: () => {
        const event = left || signal?.aborted ? undefined : this.#takeNow();
        return event === undefined ? wait() : Promise.resolve({ done: false, value: event });
      },
      return: async () => {
        left = true;
        for (const request of asked) request.withdraw();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** The next event, if it is there. */
  #takeNow(): ManagedEvent | undefined {
    this.#mode = "pulled";
    const event = this.#store.take();
    if (event === undefined) return undefined;
    this.#options.emit(event);
    this.#options.handleTaken();
    return event;
  }

  #ask(signal?: AbortSignal): Asked {
    this.#mode = "pulled";
    const settled = (event: Promise<ManagedEvent>): Asked => ({ event, withdraw: () => {} });
    if (signal?.aborted) return settled(Promise.reject(cancelled("waiting for an event", signal)));
    const event = this.#takeNow();
    if (event !== undefined) return settled(Promise.resolve(event));
    if (this.#end !== undefined) return settled(Promise.reject(endError(this.#end)));
    let withdraw = (): void => {};
    const waiting = new Promise<ManagedEvent>((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener("abort", handleAbort);
      };
      const handleAbort = (): void => waiter.reject(cancelled("waiting for an event", signal));
      const waiter: Waiter = {
        resolve: (taken) => {
          leave();
          resolve(taken);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      withdraw = () => waiter.reject(cancelled("waiting for an event"));
      signal?.addEventListener("abort", handleAbort, { once: true });
      this.#waiters.add(waiter);
    });
    return { event: waiting, withdraw };
  }

  #serve(): void {
    // A listener may be the one who asks for the next event, and so ends the flow.
    while (this.#mode === "flowing") {
      const event = this.#store.take();
      if (event === undefined) {
        this.#options.handleTaken();
        return;
      }
      this.#options.emit(event);
    }
    for (const waiter of this.#waiters) {
      const event = this.#store.take();
      if (event === undefined) break;
      // First to whom it is for: a listener may fire the signal of this very wait, and the event would be lost.
      waiter.resolve(event);
      this.#options.emit(event);
      this.#options.handleTaken();
    }
    if (this.isReady) for (const handleReady of [...this.#watchers]) handleReady();
    if (this.#end === undefined || this.#store.length > 0) return;
    for (const waiter of this.#waiters) waiter.reject(endError(this.#end));
  }
}

function endError(end: StreamEnd): SimulatorError {
  return "over" in end ? end.over : end.failed;
}

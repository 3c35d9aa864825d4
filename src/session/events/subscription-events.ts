import type { NotificationEvent, SubscriptionEvent } from "../../channels/managed-events.js";
import type { Stream } from "../../channels/subscription-channel.js";
import type { BufferedSubscriptionEvent, EventQueue } from "./buffered-event.js";
import type { EventIterator } from "./event-iterator.js";
import { EventStream, type StreamEnd } from "./event-stream.js";
import { Fifo } from "./fifo.js";
import type { FlowControl } from "./flow-control.js";
import { noteDelivered, type SessionQueue } from "./session-queue.js";

/** The members of a session that `SubscriptionEvents` uses. */
export interface SessionSide {
  readonly queue: SessionQueue;
  readonly stream: Pick<EventStream<SubscriptionEvent>, "isIdleFlow" | "serve">;
  readonly flowControl: FlowControl;
  emit(event: SubscriptionEvent): void;
  /** Called when an event has been buffered. The session pauses reading from its connections if the buffer is full. */
  handleBuffered(): void;
  /** Called when an event has been delivered. */
  handleDelivered(): void;
}

/**
 * The events of one subscription. They are delivered by the session's stream until the subscription has its own consumer. From then
 * on, that consumer receives them, starting with the events that are still buffered.
 */
export class SubscriptionEvents {
  readonly #id: string;
  readonly #session: SessionSide;
  readonly #emit: (event: SubscriptionEvent) => void;
  readonly #queue = new Fifo<BufferedSubscriptionEvent>();
  readonly #stream: EventStream<SubscriptionEvent>;
  #isOwn = false;
  #iterator: EventIterator<SubscriptionEvent> | undefined;

  /** @param emit emits an event to the subscription's own listeners */
  constructor(id: string, session: SessionSide, emit: (event: SubscriptionEvent) => void) {
    this.#id = id;
    this.#session = session;
    this.#emit = emit;
    const queue = this.#queue;
    const own: EventQueue<SubscriptionEvent> = {
      get length() {
        return queue.length;
      },
      shift: () => {
        const buffered = queue.shift();
        if (buffered === undefined) return undefined;
        session.flowControl.removeNotification(buffered.size);
        noteDelivered(buffered);
        return buffered.event;
      },
    };
    this.#stream = new EventStream(own, {
      label: `subscription ${id}`,
      emit,
      handleDelivered: () => session.handleDelivered(),
    });
  }

  /** Number of events buffered for the subscription's own consumer. */
  get length(): number {
    return this.#queue.length;
  }

  /** Called when a notification arrives. This is the hot path: a listener receives the event without an allocation or a promise. */
  handleNotification(event: NotificationEvent, stream: Stream, slot: bigint, key: string, size: number): void {
    if (this.#stream.isEnded) return;
    if (this.#isOwn ? this.#stream.isIdleFlow : this.#session.stream.isIdleFlow) {
      stream.delivered.note(slot, key);
      if (this.#isOwn) this.#emit(event);
      else this.#session.emit(event);
    } else {
      this.#buffer({ event, size, subscriptionId: this.#id, stream, slot, key });
    }
  }

  /** Called when a `continuity` or `unrecognized` event arrives. The event is delivered in order with the notifications. */
  handleEvent(event: SubscriptionEvent, size: number): void {
    if (this.#stream.isEnded) return;
    this.#buffer({ event, size, subscriptionId: this.#id, stream: undefined, slot: 0n, key: "" });
  }

  /** Called when a listener was added to the subscription. */
  startFlow(): void {
    this.#takeOver();
    this.#stream.forgetIteration();
    this.#stream.startFlow();
  }

  /** Called when the last listener of the subscription was removed. Later events are buffered for the next consumer. */
  stopFlow(): void {
    this.#stream.stopFlow();
  }

  /** @param signal ends the iteration with a `cancelled` error */
  iterate(signal?: AbortSignal): AsyncIterableIterator<SubscriptionEvent> {
    let iterator: EventIterator<SubscriptionEvent> | undefined;
    const begin = (): EventIterator<SubscriptionEvent> => {
      const begun = this.#stream.iterate(signal);
      begun.claim();
      this.#takeOver();
      this.#iterator = begun;
      return begun;
    };
    let isLeft = false;
    const iterable: AsyncIterableIterator<SubscriptionEvent> = {
      next: () => {
        if (isLeft) return Promise.resolve({ done: true, value: undefined });
        try {
          iterator ??= begin();
        } catch (error) {
          return Promise.reject(error);
        }
        return iterator.next();
      },
      return: async () => {
        isLeft = true;
        return iterator?.return() ?? { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterable,
    };
    return iterable;
  }

  /**
   * Ends an active iteration over the subscription. From now on, the session's stream delivers the subscription's buffered and new
   * events.
   */
  release(): void {
    if (!this.#isOwn) return;
    this.#isOwn = false;
    this.#stream.stopFlow();
    void this.#iterator?.return();
    for (let buffered = this.#queue.shift(); buffered; buffered = this.#queue.shift()) {
      this.#session.flowControl.removeNotification(buffered.size);
      this.#session.queue.pushNotification(buffered);
    }
    this.#session.stream.serve();
  }

  /** Called when no more events can arrive. */
  finish(end: StreamEnd): void {
    this.#stream.finish(end);
  }

  /** Drops the events buffered for the subscription's own consumer. */
  clear(): void {
    for (let buffered = this.#queue.shift(); buffered; buffered = this.#queue.shift()) {
      this.#session.flowControl.removeNotification(buffered.size);
    }
    this.#stream.serve();
  }

  #takeOver(): void {
    if (this.#isOwn) return;
    this.#isOwn = true;
    for (const buffered of this.#session.queue.extract(this.#id)) {
      this.#queue.push(buffered);
      this.#session.flowControl.addNotification(buffered.size);
    }
    this.#stream.serve();
    // The session can close when all its events have been delivered.
    this.#session.handleDelivered();
  }

  #buffer(buffered: BufferedSubscriptionEvent): void {
    if (this.#isOwn) {
      this.#queue.push(buffered);
      this.#session.flowControl.addNotification(buffered.size);
      this.#stream.serve();
    } else {
      this.#session.queue.pushNotification(buffered);
      this.#session.stream.serve();
    }
    this.#session.handleBuffered();
  }
}

import type { CompletedEvent, ControlEvent, ManagedEvent, SubscriptionEvent } from "../../channels/managed-events.js";
import { EventStream, type StreamEnd } from "./event-stream.js";
import { type BufferLimits, FlowControl } from "./flow-control.js";
import { SessionQueue } from "./session-queue.js";
import { SubscriptionEvents } from "./subscription-events.js";

export interface SessionEventsOptions {
  readonly limits: BufferLimits;
  /** For a resumed session: the last sequence id that was delivered before the checkpoint. */
  readonly deliveredSequence: bigint | undefined;
  /** Emits an event of the session's stream to the listeners. */
  emit(event: ManagedEvent): void;
  /** Called when the number of buffered events has changed. */
  handleChange(): void;
}

/** Buffers and delivers all events of a session: those of the session's stream, and those of its subscriptions. */
export class SessionEvents {
  readonly stream: EventStream<ManagedEvent>;
  readonly flowControl: FlowControl;
  readonly #options: SessionEventsOptions;
  readonly #queue: SessionQueue;
  readonly #subscriptions = new Set<SubscriptionEvents>();

  constructor(options: SessionEventsOptions) {
    const { limits, deliveredSequence, emit, handleChange } = options;
    this.#options = options;
    this.flowControl = new FlowControl(limits);
    this.#queue = new SessionQueue(this.flowControl, deliveredSequence);
    this.stream = new EventStream(this.#queue, { label: "the session", emit, handleDelivered: handleChange });
  }

  /** Number of buffered events. */
  get length(): number {
    return this.flowControl.events + (this.#queue.hasLast ? 1 : 0);
  }

  /** Whether all received events have been delivered or dropped. */
  get isDelivered(): boolean {
    return this.#queue.length === 0 && [...this.#subscriptions].every(({ length }) => length === 0);
  }

  /** The sequence id of the last delivered control event. */
  get deliveredSequence(): bigint | undefined {
    return this.#queue.deliveredSequence;
  }

  /** Called when a control event arrives. */
  handleControlEvent(event: ControlEvent, sequence: bigint | undefined, size: number): void {
    if (this.stream.isEnded) return;
    if (this.stream.isIdleFlow) {
      this.#queue.noteDeliveredSequence(sequence);
      this.#options.emit(event);
      return;
    }
    this.#queue.pushControl({ event, sequence, size });
    this.stream.serve();
    this.#options.handleChange();
  }

  /** Adds a subscription. By default, its events are buffered and delivered together with the events of the session. */
  openSubscription(id: string, emit: (event: SubscriptionEvent) => void): SubscriptionEvents {
    const { emit: emitToSession, handleChange } = this.#options;
    const events = new SubscriptionEvents(
      id,
      {
        queue: this.#queue,
        stream: this.stream,
        flowControl: this.flowControl,
        emit: emitToSession,
        handleBuffered: handleChange,
        handleDelivered: handleChange,
      },
      emit,
    );
    this.#subscriptions.add(events);
    return events;
  }

  /**
   * Adds `completed` as the last event of the session's stream. All streams end after their buffered events have been delivered.
   */
  complete(event: CompletedEvent, sequence: bigint | undefined, end: StreamEnd): void {
    if (this.stream.isEnded) return;
    this.#queue.pushLast(event, sequence);
    this.finish(end);
  }

  /**
   * Removes `completed` from the queue, because more events can arrive. Returns `false` if `completed` has already been delivered.
   */
  reopen(): boolean {
    if (!this.#queue.dropLast()) return false;
    this.stream.reopen();
    return true;
  }

  /** Called when no more events can arrive. Buffered events are still delivered, and then every stream ends. */
  finish(end: StreamEnd): void {
    this.stream.finish(end);
    for (const subscription of this.#subscriptions) subscription.finish(end);
  }

  /** Drops all buffered events. */
  clear(): void {
    this.#queue.clear();
    this.stream.serve();
    for (const subscription of this.#subscriptions) subscription.clear();
  }
}

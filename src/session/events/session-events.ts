import type { CompletedEvent, ControlEvent, ManagedEvent, SubscriptionEvent } from "../../channels/managed-events.js";
import { EventStream, type StreamEnd } from "./event-stream.js";
import { type BufferLimits, FlowControl, type Pausable } from "./flow-control.js";
import { SessionQueue } from "./session-queue.js";
import { SubscriptionEvents } from "./subscription-events.js";

export interface SessionEventsOptions {
  readonly limits: BufferLimits;
  /** The sequence id after which a resumed session continues. */
  readonly deliveredSequence: bigint | undefined;
  /** Emits an event of the session's stream to the listeners. */
  emit(event: ManagedEvent): void;
  /** More or less is buffered than before. */
  handleChange(): void;
}

/** All events of a session between their arrival and their delivery: the session's stream, and those of its subscriptions. */
export class SessionEvents {
  readonly stream: EventStream<ManagedEvent>;
  readonly #options: SessionEventsOptions;
  readonly #flowControl: FlowControl;
  readonly #queue: SessionQueue;
  readonly #subscriptions = new Set<SubscriptionEvents>();

  constructor(options: SessionEventsOptions) {
    const { limits, deliveredSequence, emit, handleChange } = options;
    this.#options = options;
    this.#flowControl = new FlowControl(limits);
    this.#queue = new SessionQueue(this.#flowControl, deliveredSequence);
    this.stream = new EventStream(this.#queue, { label: "the session", emit, handleDelivered: handleChange });
  }

  /** Events that are buffered. */
  get length(): number {
    return this.#flowControl.events + (this.#queue.hasLast ? 1 : 0);
  }

  /** Their size, in bytes. */
  get bytes(): number {
    return this.#flowControl.bytes;
  }

  /** Whether everything that was received has been delivered or dropped. */
  get isDelivered(): boolean {
    return this.#queue.length === 0 && [...this.#subscriptions].every(({ length }) => length === 0);
  }

  /** The sequence id of the last control event that was delivered. */
  get deliveredSequence(): bigint | undefined {
    return this.#queue.deliveredSequence;
  }

  /** A control event arrived. */
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

  /** Opens the events of a subscription. */
  openSubscription(id: string, emit: (event: SubscriptionEvent) => void): SubscriptionEvents {
    const { emit: emitToSession, handleChange } = this.#options;
    const events = new SubscriptionEvents(
      id,
      {
        queue: this.#queue,
        stream: this.stream,
        flowControl: this.#flowControl,
        emit: emitToSession,
        handleBuffered: handleChange,
        handleDelivered: handleChange,
      },
      emit,
    );
    this.#subscriptions.add(events);
    return events;
  }

  /** Pauses and resumes intake as the limits ask for. */
  checkIntake(control: Pausable | undefined, subscriptions: Iterable<Pausable>): void {
    this.#flowControl.check(control, subscriptions);
  }

  /** The last event of the session's stream. No event follows it. */
  complete(event: CompletedEvent, sequence: bigint | undefined, end: StreamEnd): void {
    if (this.stream.isEnded) return;
    this.#queue.pushLast(event, sequence);
    this.finish(end);
  }

  /** Takes `completed` back, because more is going to arrive. Returns whether it was still undelivered. */
  reopen(): boolean {
    if (!this.#queue.dropLast()) return false;
    this.stream.reopen();
    return true;
  }

  /** Nothing arrives any more: what is buffered is still delivered, then every stream ends. */
  finish(end: StreamEnd): void {
    this.stream.finish(end);
    for (const subscription of this.#subscriptions) subscription.finish(end);
  }

  /** Drops what is buffered. */
  clear(): void {
    this.#queue.clear();
    this.stream.serve();
    for (const subscription of this.#subscriptions) subscription.clear();
  }
}

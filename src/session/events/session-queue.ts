import type { CompletedEvent, ManagedEvent } from "../../channels/managed-events.js";
import type { BufferedControlEvent, BufferedSubscriptionEvent, EventQueue } from "./buffered-event.js";
import { Fifo } from "./fifo.js";
import type { FlowControl } from "./flow-control.js";

/** Records that a subscription's event has been delivered. */
export function noteDelivered({ stream, slot, key }: BufferedSubscriptionEvent): void {
  stream?.delivered.note(slot, key);
}

/**
 * The buffered events of a session's stream. Control events come first, so that many buffered notifications do not delay them. The
 * control events keep their order, and so do the notifications. `completed` comes last.
 */
export class SessionQueue implements EventQueue<ManagedEvent> {
  readonly #control = new Fifo<BufferedControlEvent>();
  /** The events of the subscriptions that have no consumer of their own, in order of arrival. */
  readonly #notifications = new Fifo<BufferedSubscriptionEvent>();
  readonly #flowControl: FlowControl;
  #last: { event: CompletedEvent; sequence: bigint | undefined } | undefined;
  #deliveredSequence: bigint | undefined;

  constructor(flowControl: FlowControl, deliveredSequence?: bigint) {
    this.#flowControl = flowControl;
    this.#deliveredSequence = deliveredSequence;
  }

  get length(): number {
    return this.#control.length + this.#notifications.length + (this.#last === undefined ? 0 : 1);
  }

  /** Whether the event that ends the stream is buffered. */
  get hasLast(): boolean {
    return this.#last !== undefined;
  }

  /** The sequence id of the last delivered control event. */
  get deliveredSequence(): bigint | undefined {
    return this.#deliveredSequence;
  }

  pushControl(buffered: BufferedControlEvent): void {
    this.#control.push(buffered);
    this.#flowControl.addControl(buffered.size);
  }

  pushNotification(buffered: BufferedSubscriptionEvent): void {
    this.#notifications.push(buffered);
    this.#flowControl.addNotification(buffered.size);
  }

  /** Adds the event that ends the stream. */
  pushLast(event: CompletedEvent, sequence: bigint | undefined): void {
    this.#last = { event, sequence };
  }

  /** Removes the event that ends the stream. Returns whether it was buffered. */
  dropLast(): boolean {
    const { hasLast } = this;
    this.#last = undefined;
    return hasLast;
  }

  shift(): ManagedEvent | undefined {
    const control = this.#control.shift();
    if (control !== undefined) {
      this.#flowControl.removeControl(control.size);
      this.noteDeliveredSequence(control.sequence);
      return control.event;
    }
    const notification = this.#notifications.shift();
    if (notification !== undefined) {
      this.#flowControl.removeNotification(notification.size);
      noteDelivered(notification);
      return notification.event;
    }
    const last = this.#last;
    if (last === undefined) return undefined;
    this.#last = undefined;
    this.noteDeliveredSequence(last.sequence);
    return last.event;
  }

  /** Records the sequence id of a delivered control event. Also called for an event that was delivered without being buffered. */
  noteDeliveredSequence(sequence: bigint | undefined): void {
    if (sequence !== undefined) this.#deliveredSequence = sequence;
  }

  /** Removes and returns the events of a subscription, in their order. */
  extract(subscriptionId: string): BufferedSubscriptionEvent[] {
    const extracted = this.#notifications.extract((buffered) => buffered.subscriptionId === subscriptionId);
    for (const { size } of extracted) this.#flowControl.removeNotification(size);
    return extracted;
  }

  clear(): void {
    for (let buffered = this.#control.shift(); buffered; buffered = this.#control.shift()) {
      this.#flowControl.removeControl(buffered.size);
    }
    for (let buffered = this.#notifications.shift(); buffered; buffered = this.#notifications.shift()) {
      this.#flowControl.removeNotification(buffered.size);
    }
    this.#last = undefined;
  }
}

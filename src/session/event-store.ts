import type { CompletedEvent, ControlEvent, ManagedEvent, NotificationEvent } from "../channels/managed-events.js";
import type { Stream } from "../channels/subscription-channel.js";
import { Fifo } from "./fifo.js";

/** An event that waits to be taken, and what its delivery moves on. */
export type Held =
  | { event: ControlEvent; sequence: bigint | undefined }
  | { event: NotificationEvent; stream: Stream; slot: bigint; key: string };

/**
 * What has come in and nobody has taken yet. Control events go first: a backlog of notifications never holds them up.
 * The order of a channel and of a subscription is kept; `completed` comes after all else.
 */
export class EventStore {
  readonly #control = new Fifo<Held>();
  readonly #notifications = new Fifo<Held>();
  #last: CompletedEvent | undefined;
  #lastSequence: bigint | undefined;
  #deliveredSequence: bigint | undefined;

  constructor(deliveredSequence?: bigint) {
    this.#deliveredSequence = deliveredSequence;
  }

  get controlLength(): number {
    return this.#control.length;
  }

  get notificationLength(): number {
    return this.#notifications.length;
  }

  get length(): number {
    return this.#control.length + this.#notifications.length + (this.#last === undefined ? 0 : 1);
  }

  /** The sequence id of the last control event that was taken. */
  get deliveredSequence(): bigint | undefined {
    return this.#deliveredSequence;
  }

  push(held: Held): void {
    ("stream" in held ? this.#notifications : this.#control).push(held);
  }

  /** The event that ends it all. */
  pushLast(event: CompletedEvent, sequence: bigint | undefined): void {
    this.#last = event;
    this.#lastSequence = sequence;
  }

  take(): ManagedEvent | undefined {
    const held = this.#control.shift() ?? this.#notifications.shift();
    if (held !== undefined) return this.deliver(held);
    const last = this.#last;
    if (last === undefined) return undefined;
    this.#last = undefined;
    return this.deliver({ event: last, sequence: this.#lastSequence });
  }

  /** Notes an event as delivered, one that never had to wait too. */
  deliver(held: Held): ManagedEvent {
    if ("stream" in held) held.stream.delivered.note(held.slot, held.key);
    else if (held.sequence !== undefined) this.#deliveredSequence = held.sequence;
    return held.event;
  }

  clear(): void {
    this.#control.clear();
    this.#notifications.clear();
    this.#last = undefined;
  }
}

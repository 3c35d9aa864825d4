import { callListener } from "../session/events/call-listener.js";
import { EventStream, type StreamEnd } from "../session/events/event-stream.js";
import { Fifo } from "../session/events/fifo.js";
import { type BufferLimits, FlowControl, type Pausable } from "../session/events/flow-control.js";
import type { GeyserEvent } from "./geyser-events.js";

export interface GeyserQueueOptions {
  /** A name for error messages. */
  readonly label: string;
  readonly limits: BufferLimits;
  /** Reading from this connection is paused while too many events are buffered. */
  readonly connection: Pausable;
  /** Emits an event to the listeners. */
  emit(event: GeyserEvent): void;
}

/** The events of a Geyser subscription between their arrival and their delivery. */
export class GeyserQueue {
  readonly #options: GeyserQueueOptions;
  readonly #events = new Fifo<{ event: GeyserEvent; size: number }>();
  readonly #flowControl: FlowControl;
  readonly #stream: EventStream<GeyserEvent>;
  #deliveredSlot: bigint | undefined;

  constructor(options: GeyserQueueOptions) {
    const { label, limits, emit } = options;
    this.#options = options;
    this.#flowControl = new FlowControl(limits);
    const events = this.#events;
    const queue = {
      get length() {
        return events.length;
      },
      shift: () => this.#shift(),
    };
    this.#stream = new EventStream<GeyserEvent>(queue, {
      label,
      emit: (event) => callListener(() => emit(event)),
      handleDelivered: () => this.checkIntake(),
    });
  }

  /** Number of buffered events. */
  get length(): number {
    return this.#events.length;
  }

  /** The slot of the last delivered update. */
  get deliveredSlot(): bigint | undefined {
    return this.#deliveredSlot;
  }

  push(event: GeyserEvent, size: number): void {
    if (this.#stream.isEnded) return;
    this.#events.push({ event, size });
    this.#flowControl.addNotification(size);
    this.#stream.serve();
    this.checkIntake();
  }

  /** Pauses or resumes the intake according to the limits. */
  checkIntake(): void {
    this.#flowControl.check(undefined, [this.#options.connection]);
  }

  iterate(signal?: AbortSignal): AsyncIterableIterator<GeyserEvent> {
    return this.#stream.iterate(signal);
  }

  /** Called when a listener was added. */
  startFlow(): void {
    this.#stream.forgetIteration();
    this.#stream.startFlow();
  }

  /** Called when the last listener was removed. Events are then buffered for the next consumer. */
  stopFlow(): void {
    this.#stream.stopFlow();
  }

  /** Called when no more events can arrive. Buffered events are still delivered. */
  finish(end: StreamEnd): void {
    this.#stream.finish(end);
  }

  /** Drops the buffered events. */
  clear(): void {
    while (this.#shift() !== undefined);
    this.#stream.serve();
  }

  #shift(): GeyserEvent | undefined {
    const buffered = this.#events.shift();
    if (buffered === undefined) return undefined;
    const { event, size } = buffered;
    this.#flowControl.removeNotification(size);
    if ("slot" in event) this.#deliveredSlot = event.slot;
    return event;
  }
}

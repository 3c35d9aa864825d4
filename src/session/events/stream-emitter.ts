import { EventEmitter } from "eventemitter3";

/** Events that are not part of a stream. A listener for them does not consume the stream. */
const OBSERVATIONS: ReadonlySet<unknown> = new Set(["connection", "progress", "close"]);

type Name<E extends EventEmitter.ValidEventTypes> = EventEmitter.EventNames<E>;
type Listener<E extends EventEmitter.ValidEventTypes, T extends Name<E>> = EventEmitter.EventListener<E, T>;

/** An emitter whose listeners consume a stream of events. */
export abstract class StreamEmitter<E extends EventEmitter.ValidEventTypes> extends EventEmitter<E> {
  /** @internal Starts the delivery to the listeners. */
  protected abstract startFlow(): void;
  /** @internal Called when no listener consumes the stream any longer. */
  protected abstract stopFlow(): void;

  /**
   * Adds a listener. The first listener starts the delivery of events in the next microtask. Listeners for `connection`, `progress`
   * and `close` do not start the delivery. If an iterator reads the events, listeners receive each event at the same time as the
   * iterator.
   */
  override on<T extends Name<E>>(event: T, listener: Listener<E, T>, context?: unknown): this {
    super.on(event, listener, context);
    return this.#handleAdded(event);
  }

  /** The same as `on`. */
  override addListener<T extends Name<E>>(event: T, listener: Listener<E, T>, context?: unknown): this {
    return this.on(event, listener, context);
  }

  override once<T extends Name<E>>(event: T, listener: Listener<E, T>, context?: unknown): this {
    super.once(event, listener, context);
    return this.#handleAdded(event);
  }

  override removeListener<T extends Name<E>>(event: T, listener?: Listener<E, T>, context?: unknown, once?: boolean): this {
    super.removeListener(event, listener, context, once);
    return this.#handleRemoved();
  }

  /** The same as `removeListener`. */
  override off<T extends Name<E>>(event: T, listener?: Listener<E, T>, context?: unknown, once?: boolean): this {
    return this.removeListener(event, listener, context, once);
  }

  override removeAllListeners(event?: Name<E>): this {
    super.removeAllListeners(event);
    return this.#handleRemoved();
  }

  #handleAdded(event: Name<E>): this {
    if (!OBSERVATIONS.has(event)) this.startFlow();
    return this;
  }

  #handleRemoved(): this {
    if (this.eventNames().every((name) => OBSERVATIONS.has(name))) this.stopFlow();
    return this;
  }
}

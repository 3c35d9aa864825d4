/**
 * An emitter that does as eventemitter3 does: scripts/pages.mjs puts it in that package's place, which is written for older
 * engines and nearly 1 kB. A list of listeners is never changed but replaced, so that an emit goes by those there were.
 */

type Listener = (...args: unknown[]) => void;

interface Registered {
  readonly listener: Listener;
  readonly context: unknown;
  readonly isOnce: boolean;
}

export class EventEmitter {
  readonly #registered = new Map<PropertyKey, readonly Registered[]>();

  eventNames(): PropertyKey[] {
    return [...this.#registered.keys()];
  }

  listeners(event: PropertyKey): Listener[] {
    return this.#of(event).map(({ listener }) => listener);
  }

  listenerCount(event: PropertyKey): number {
    return this.#of(event).length;
  }

  emit(event: PropertyKey, ...args: unknown[]): boolean {
    const registered = this.#of(event);
    for (const { listener, context, isOnce } of registered) {
      if (isOnce) this.removeListener(event, listener, undefined, true);
      listener.apply(context, args);
    }
    return registered.length > 0;
  }

  on(event: PropertyKey, listener: Listener, context?: unknown): this {
    return this.#add(event, listener, context, false);
  }

  addListener(event: PropertyKey, listener: Listener, context?: unknown): this {
    return this.on(event, listener, context);
  }

  once(event: PropertyKey, listener: Listener, context?: unknown): this {
    return this.#add(event, listener, context, true);
  }

  /** @param context only those of it, if it is given; `onlyOnce`: only those of `once` */
  removeListener(event: PropertyKey, listener?: Listener, context?: unknown, onlyOnce?: boolean): this {
    const kept = this.#of(event).filter(
      (one) =>
        listener !== undefined &&
        (one.listener !== listener || (onlyOnce && !one.isOnce) || (context && one.context !== context)),
    );
    return this.#set(event, kept);
  }

  off(event: PropertyKey, listener?: Listener, context?: unknown, onlyOnce?: boolean): this {
    return this.removeListener(event, listener, context, onlyOnce);
  }

  removeAllListeners(event?: PropertyKey): this {
    if (event === undefined) this.#registered.clear();
    else this.#registered.delete(event);
    return this;
  }

  #of(event: PropertyKey): readonly Registered[] {
    return this.#registered.get(event) ?? [];
  }

  #add(event: PropertyKey, listener: Listener, context: unknown, isOnce: boolean): this {
    if (typeof listener !== "function") throw new TypeError("The listener must be a function");
    return this.#set(event, [...this.#of(event), { listener, context: context || this, isOnce }]);
  }

  #set(event: PropertyKey, registered: readonly Registered[]): this {
    if (registered.length > 0) this.#registered.set(event, registered);
    else this.#registered.delete(event);
    return this;
  }
}

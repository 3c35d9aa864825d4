import type { ManagedEvent } from "../channels/managed-events.js";
import type { AnySession } from "./any-session.js";
import { EventRing } from "./event-ring.js";
import { EVENT_TYPES, type EventOf, type EventType } from "./event-types.js";
import { FrameStore } from "./frame-store.js";

/** The newest events of a session. */
export interface RecentEvents<T extends EventType> {
  /** Oldest first. */
  readonly events: readonly EventOf<T>[];
  /** Number of older events that were dropped. */
  readonly dropped: number;
}

export const NO_EVENTS: { readonly events: readonly never[]; readonly dropped: number } = { events: [], dropped: 0 };

/**
 * Adds a listener for some event types. Like any listener, it starts the delivery of events. Returns a function that removes the
 * listener.
 */
export function listen<T extends EventType>(
  session: AnySession,
  types: readonly T[] | undefined,
  listener: (event: EventOf<T>) => void,
): () => void {
  const names = new Set<EventType>(types ?? EVENT_TYPES);
  const untyped = listener as (event: ManagedEvent) => void;
  for (const name of names) session.on(name, untyped);
  return () => {
    for (const name of names) session.off(name, untyped);
  };
}

/** Collects the newest events of a session while this object has listeners. */
export class RecentEventsStore<T extends EventType> extends FrameStore<RecentEvents<T>> {
  readonly #session: AnySession;
  readonly #types: readonly T[] | undefined;
  readonly #limit: number;
  readonly #ring: EventRing<EventOf<T>>;
  #isChanged = false;

  /** @throws {RangeError} if the limit is not a positive integer */
  constructor(session: AnySession, types: readonly T[] | undefined, limit: number) {
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`limit must be a positive integer, got ${limit}`);
    super(NO_EVENTS);
    this.#session = session;
    this.#types = types;
    this.#limit = limit;
    this.#ring = new EventRing(limit);
  }

  fits(session: AnySession, types: readonly EventType[] | undefined, limit: number): boolean {
    return session === this.#session && limit === this.#limit && types?.join() === this.#types?.join();
  }

  protected override observe(): () => void {
    return listen(this.#session, this.#types, (event) => {
      this.#ring.push(event);
      this.#isChanged = true;
      this.touch();
    });
  }

  protected override read(last: RecentEvents<T>): RecentEvents<T> {
    if (!this.#isChanged) return last;
    this.#isChanged = false;
    return { events: this.#ring.toArray(), dropped: this.#ring.dropped };
  }
}

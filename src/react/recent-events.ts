import type { ManagedEvent } from "../channels/managed-events.js";
import type { AnySession } from "./any-session.js";
import { EventRing } from "./event-ring.js";
import { EVENT_TYPES, type EventOf, type EventType } from "./event-types.js";
import { FrameStore } from "./frame-store.js";

/** The newest events of a session. */
export interface RecentEvents<T extends EventType> {
  /** The oldest first. */
  readonly events: readonly EventOf<T>[];
  /** How many came before these and are no longer held. */
  readonly dropped: number;
}

export const NO_EVENTS: { readonly events: readonly never[]; readonly dropped: number } = { events: [], dropped: 0 };

/** Calls a listener with each event of some types; as every listener of a session's it starts the flow. Returns what ends it. */
export function listen<T extends EventType>(
  session: AnySession,
  types: readonly T[] | undefined,
  listener: (event: EventOf<T>) => void,
): () => void {
  const names = new Set<EventType>(types ?? EVENT_TYPES);
  // It is told of these alone.
  const told = listener as (event: ManagedEvent) => void;
  for (const name of names) session.on(name, told);
  return () => {
    for (const name of names) session.off(name, told);
  };
}

/** Holds the newest events of a session, from the first listener on. */
export class RecentEventsStore<T extends EventType> extends FrameStore<RecentEvents<T>> {
  readonly #session: AnySession;
  readonly #types: readonly T[] | undefined;
  readonly #limit: number;
  readonly #ring: EventRing<EventOf<T>>;
  #isChanged = false;

  /** @throws RangeError for a limit that holds nothing */
  constructor(session: AnySession, types: readonly T[] | undefined, limit: number) {
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`limit: expected a whole number from 1 on, got ${limit}`);
    super(NO_EVENTS);
    this.#session = session;
    this.#types = types;
    this.#limit = limit;
    this.#ring = new EventRing(limit);
  }

  fits(session: AnySession, types: readonly EventType[] | undefined, limit: number): boolean {
    return session === this.#session && limit === this.#limit && types?.join() === this.#types?.join();
  }

  protected override follow(): () => void {
    return listen(this.#session, this.#types, (event) => {
      this.#ring.put(event);
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

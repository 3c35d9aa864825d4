import type { AnySession } from "./any-session.js";
import type { EventType } from "./event-types.js";
import { NO_EVENTS, type RecentEvents, RecentEventsStore } from "./recent-events.js";
import { useFrameStore } from "./use-frame-store.js";
import { usePersistent } from "./use-persistent.js";

/** Options of `useEvents`. A change in a later rendering discards the events. */
export interface UseEventsOptions<T extends EventType> {
  /** @default all types */
  types?: readonly T[];
  /** Maximum number of events. @default 100 */
  limit?: number;
}

/**
 * Returns the newest events since the component mounted. It adds a listener to the session, so it consumes events if nothing else
 * iterates them. If something does (`run`, `nextEvent`, `for await`), it receives each event as it is delivered.
 *
 * @param session without a session there are no events
 * @throws {RangeError} if `limit` is not a positive integer
 * @example
 * const { events, dropped } = useEvents(session, { types: ["transaction"], limit: 50 });
 * return events.map(({ transaction }) => <Row key={transactionSignature(transaction)} transaction={transaction} />);
 */
export function useEvents<T extends EventType = EventType>(
  session: AnySession | null | undefined,
  options: UseEventsOptions<T> = {},
): RecentEvents<T> {
  const { types, limit = 100 } = options;
  const [{ store }] = usePersistent<{ store: RecentEventsStore<T> | undefined }>(
    () => ({ store: session ? new RecentEventsStore(session, types, limit) : undefined }),
    (current) => (current.store && session ? current.store.fits(session, types, limit) : !current.store && !session),
  );
  return useFrameStore<RecentEvents<T>>(store, NO_EVENTS);
}

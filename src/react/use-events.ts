import type { AnySession } from "./any-session.js";
import type { EventType } from "./event-types.js";
import { NO_EVENTS, type RecentEvents, RecentEventsStore } from "./recent-events.js";
import { useFrameStore } from "./use-frame-store.js";
import { usePersistent } from "./use-persistent.js";

/** Which events, and how many of them. Other ones in a later rendering begin anew. */
export interface UseEventsOptions<T extends EventType> {
  /** Default: all. */
  types?: readonly T[];
  /** How many are held, the newest. Default: 100. */
  limit?: number;
}

/**
 * The newest events of a session, from the mounting on. It listens, and so takes events as they come, like every listener:
 * unless they are pulled (`run`, `nextEvent`, `for await`), for then it sees each one as it is taken.
 *
 * @param session none: there are none
 * @throws RangeError for a limit below 1
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
    (held) => (held.store && session ? held.store.fits(session, types, limit) : !held.store && !session),
  );
  return useFrameStore<RecentEvents<T>>(store, NO_EVENTS);
}

import type { AnySession } from "./any-session.js";
import type { EventType } from "./event-types.js";
import { NO_EVENTS, type RecentEvents, RecentEventsStore } from "./recent-events.js";
import { useFrameStore } from "./use-frame-store.js";
import { usePersistent } from "./use-persistent.js";

/** Options of `useEvents`. If the options change in a later rendering, the collected events are discarded. */
export interface UseEventsOptions<T extends EventType> {
  /** The types of the events to keep. @default all types */
  types?: readonly T[];
  /** Maximum number of events. @default 100 */
  limit?: number;
}

/**
 * Returns the newest events since the component mounted.
 *
 * - While a loop reads the session (`run`, `nextEvent`, `for await`), the hook receives the same events as the loop.
 * - If no loop reads the session, the hook reads the events itself.
 * - If `run: false` has paused a run, new events wait in the session until the next run. To see the effects of a step before
 *   the next run, use `useTransactions`, `useAccount`, `useSubscription` or `useSlotProgress`.
 *
 * @param session if absent, there are no events
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

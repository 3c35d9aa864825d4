import type { EventsByKind, SubscriptionKindName } from "../channels/subscription-kinds.js";
import { type AnySubscribable, NO_SUBSCRIPTION, type SubscriptionState, SubscriptionStore } from "./subscription-store.js";
import { useFrameStore } from "./use-frame-store.js";
import { usePersistent } from "./use-persistent.js";

/** Options of `useSubscription`. If the options change in a later rendering, another subscription is opened. */
export interface UseSubscriptionOptions {
  /** Maximum number of events. @default 100 */
  limit?: number;
  /**
   * Only for `account` and `program`. `true`: one notification per write. `false`: one notification per slot, with the account's
   * last state. @default false
   */
  intraSlotUpdates?: boolean;
}

/** The kinds that have no filters. */
const WITHOUT_FILTERS: ReadonlySet<SubscriptionKindName> = new Set(["action", "diagnostic", "replacement", "slot"]);

/**
 * Subscribes while the component is mounted, and returns the newest events of this subscription. The hook is the consumer of these
 * events: `run()`, `useEvents` and other consumers of the session do not receive them.
 *
 * The server first sends its buffered events of earlier slots. If `useBacktestSession` runs the session, the run starts after the
 * components are mounted and subscribed.
 *
 * @param session if absent, nothing is subscribed
 * @param kind the kind of the subscription (`Subscription.kind`): `transaction`, `accountDiff`, `account` …
 * @param filters programs, accounts or signatures, compared by content. Without filters, nothing is subscribed. The kinds `action`,
 * `diagnostic`, `replacement` and `slot` have no filters: pass `[]`
 * @throws {RangeError} if `limit` is not a positive integer
 * @example
 * const { events, gaps } = useSubscription(session, "accountDiff", [program], { limit: 50 });
 */
export function useSubscription<K extends SubscriptionKindName>(
  session: AnySubscribable | null | undefined,
  kind: K,
  filters: readonly string[],
  options: UseSubscriptionOptions = {},
): SubscriptionState<EventsByKind[K]> {
  const { limit = 100, intraSlotUpdates = false } = options;
  const isOpen = filters.length > 0 || WITHOUT_FILTERS.has(kind);
  const plan = session && isOpen ? { session, kind, filters, intraSlotUpdates, limit } : undefined;
  const [{ store }] = usePersistent<{ store: SubscriptionStore<K> | undefined }>(
    () => ({ store: plan && new SubscriptionStore(plan) }),
    (current) => (current.store && plan ? current.store.fits(plan) : !current.store && !plan),
  );
  return useFrameStore<SubscriptionState<EventsByKind[K]>>(store, NO_SUBSCRIPTION);
}

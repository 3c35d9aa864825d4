import type { SubscriptionKindName } from "../channels/subscription-kinds.js";
import {
  type AnySubscribable,
  type EventsByKind,
  NO_SUBSCRIPTION,
  type SubscriptionState,
  SubscriptionStore,
} from "./subscription-store.js";
import { useFrameStore } from "./use-frame-store.js";
import { usePersistent } from "./use-persistent.js";

/** Options of `useSubscription`. A change in a later rendering opens another subscription. */
export interface UseSubscriptionOptions {
  /** Maximum number of events. @default 100 */
  limit?: number;
  /** For `account` and `program`: notifies once per write. @default false: once per slot, with the account's last state */
  intraSlotUpdates?: boolean;
}

/** Kinds that have no filter. */
const WITHOUT_FILTERS: ReadonlySet<SubscriptionKindName> = new Set(["action", "diagnostic", "replacement", "slot"]);

/**
 * Subscribes while the component is mounted, and returns the newest events of this subscription. It consumes these events itself:
 * `run()`, `useEvents` and other consumers of the session do not receive them.
 *
 * Each new subscription first receives what the server has buffered of the slots before. A run of `useBacktestSession` starts after
 * its components are mounted and subscribed.
 *
 * @param session without a session nothing is subscribed
 * @param kind `transaction`, `accountDiff`, `account` …, as in `Subscription.kind`
 * @param filters programs, accounts or signatures, compared by content. With none, nothing is subscribed. `[]` for `action`,
 * `diagnostic`, `replacement` and `slot`, which have no filters
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

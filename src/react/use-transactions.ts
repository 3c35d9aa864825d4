import type { TransactionEvent } from "../channels/managed-events.js";
import type { AnySubscribable, SubscriptionState } from "./subscription-store.js";
import { useSubscription } from "./use-subscription.js";

/**
 * Subscribes to transactions that mention programs while the component is mounted: `useSubscription` with the kind `transaction`.
 *
 * @param programs without programs nothing is subscribed
 * @throws {RangeError} if `limit` is not a positive integer
 * @example
 * const { events } = useTransactions(session, [program], { limit: 20 });
 * return events.map(({ transaction }) => <li key={transactionSignature(transaction)}>{String(transaction.slot)}</li>);
 */
export function useTransactions(
  session: AnySubscribable | null | undefined,
  programs: readonly string[],
  options: { limit?: number } = {},
): SubscriptionState<TransactionEvent> {
  return useSubscription(session, "transaction", programs, options);
}

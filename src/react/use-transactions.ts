import type { TransactionEvent } from "../channels/managed-events.js";
import type { AnySubscribable, SubscriptionState } from "./subscription-store.js";
import { useSubscription } from "./use-subscription.js";

/**
 * While the component is mounted, subscribes to transactions that mention one of the programs. The same as `useSubscription` with
 * the kind `transaction`.
 *
 * @param session if absent, nothing is subscribed
 * @param programs if empty, nothing is subscribed. A new array with equal content does not change the subscription
 * @param options `limit`: maximum number of events. @default 100
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

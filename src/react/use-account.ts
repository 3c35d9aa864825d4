import { useMemo } from "react";
import type { UiAccount } from "../protocol/account-diff-notification.js";
import type { AnySubscribable, SubscriptionState } from "./subscription-store.js";
import { useSubscription } from "./use-subscription.js";

/** The latest state of an account. */
export interface AccountState {
  /** The state of the account. Absent until the account changes for the first time in this session. */
  readonly account?: UiAccount;
  /** The slot of this state. */
  readonly slot?: bigint;
  /** The subscription's connection. Absent if there is no session or no address. */
  readonly connection?: SubscriptionState<never>["connection"];
  /** A `SimulatorError` if the account cannot be observed. */
  readonly error?: unknown;
}

/**
 * Subscribes to an account while the component is mounted, and returns the account's latest state. Before the first change of the
 * account in this session, there is no state. Until then, you can read the account with the session's RPC
 * (`session.info.rpcEndpoint`).
 *
 * @param session if absent, nothing is subscribed
 * @param address if absent, nothing is subscribed
 * @param options `intraSlotUpdates`: `true` for one update per write; `false` (the default) for one update per slot
 * @example
 * const { account } = useAccount(session, pool);
 * return <output>{account ? `${account.lamports} lamports` : "no change yet"}</output>;
 */
export function useAccount(
  session: AnySubscribable | null | undefined,
  address: string | null | undefined,
  options: { intraSlotUpdates?: boolean } = {},
): AccountState {
  const { events, connection, error } = useSubscription(session, "account", address ? [address] : [], { ...options, limit: 1 });
  const event = events[0];
  return useMemo(
    () => ({
      ...(event && { account: event.account, slot: event.slot }),
      ...(connection && { connection }),
      ...(error !== undefined && { error }),
    }),
    [event, connection, error],
  );
}

import { useMemo } from "react";
import type { UiAccount } from "../protocol/account-diff.js";
import type { AnySubscribable, SubscriptionState } from "./subscription-store.js";
import { useSubscription } from "./use-subscription.js";

/** The last state of an account. */
export interface AccountState {
  /** Absent until the account changes for the first time in this session. */
  readonly account?: UiAccount;
  /** The slot of that state. */
  readonly slot?: bigint;
  /** The subscription's connection. Absent without a session or an address. */
  readonly connection?: SubscriptionState<never>["connection"];
  /** Why the account cannot be observed: a `SimulatorError`. */
  readonly error?: unknown;
}

/**
 * Subscribes to an account while the component is mounted, and returns its last state. An account that has not changed in this
 * session has none here: ask the session's RPC (`session.info.rpcEndpoint`) for it.
 *
 * @param address without an address nothing is subscribed
 * @param options `intraSlotUpdates`: once per write, not once per slot. @default false
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

import { isAddress } from "../protocol/scalars.js";
import type { LogEntry } from "./notification-log.js";
import { accountDiffNotification, type NotificationResult, transactionNotification } from "./notification-results.js";

/** What of the log a subscription is told, entry by entry and in order. */
export type Selection = (entry: LogEntry) => readonly NotificationResult[];

/** Parameters that a subscription can't be made of; the message names what was expected. */
export class InvalidSubscription extends Error {
  override readonly name = "InvalidSubscription";
}

/** A kind of subscription: what it is called, and what its parameters select. */
export interface SubscriptionKind {
  notification: string;
  /** @throws InvalidSubscription */
  select(filter: unknown, config: Record<string, unknown>): Selection;
}

/** The account diffs of one account, or of all that a program owns. */
export function selectAccountDiffs(key: string, addressType: "program" | "account"): Selection {
  return ({ transaction }) =>
    transaction.diffs
      .filter(({ address, pre, post }) =>
        addressType === "account" ? address === key : pre?.owner === key || post?.owner === key,
      )
      .map((diff) => accountDiffNotification(transaction, diff));
}

/** The transactions that name one of the accounts. */
export function selectTransactions(mentions: readonly string[]): Selection {
  return ({ transaction }) =>
    mentions.some((address) => transaction.accounts.includes(address)) ? [transactionNotification(transaction)] : [];
}

const accountDiff: SubscriptionKind = {
  notification: "accountDiffNotification",
  select(filter, { address_type: addressType = "account" }) {
    if (!isAddress(filter)) throw new InvalidSubscription("expected the address of a program or an account");
    if (addressType !== "program" && addressType !== "account") {
      throw new InvalidSubscription('expected address_type to be "program" or "account"');
    }
    return selectAccountDiffs(filter, addressType);
  },
};

const transaction: SubscriptionKind = {
  notification: "transactionNotification",
  select(filter) {
    const { mentions } = (typeof filter === "object" && filter !== null ? filter : {}) as { mentions?: unknown };
    if (!Array.isArray(mentions) || mentions.length === 0 || !mentions.every(isAddress)) {
      throw new InvalidSubscription('expected {"mentions": [address, …]}');
    }
    return selectTransactions(mentions);
  },
};

/** The kinds by the first part of their methods' names: `transactionSubscribe`, `transactionUnsubscribe`. */
export const SUBSCRIPTION_KINDS: ReadonlyMap<string, SubscriptionKind> = new Map([
  ["accountDiff", accountDiff],
  ["transaction", transaction],
]);

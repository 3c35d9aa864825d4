import type { GenericSchema } from "valibot";
import { accountDiffSchema, readAccountDiff } from "../protocol/account-diff.js";
import { readTransaction, transactionKey, transactionSchema } from "../protocol/transaction.js";
import type { NotificationEvent } from "./events.js";

/** A notification as its subscription needs it. */
export interface Notification {
  slot: bigint;
  /** What tells it from the others of its slot. */
  key: string;
  event: NotificationEvent;
}

/** One kind of subscription: all that differs from kind to kind. */
export interface SubscriptionKind {
  readonly subscribe: string;
  readonly notification: string;
  /** The subscribe's two parameters, for one filter. */
  params(filter: string): [unknown, Record<string, unknown>];
  /** `undefined` for what isn't such a notification. */
  read(result: unknown, filter: string): Notification | undefined;
  /** The whole of a result, for `validate: "full"`. */
  readonly schema: GenericSchema;
}

export const SUBSCRIPTION_KINDS = {
  accountDiff: {
    subscribe: "accountDiffSubscribe",
    notification: "accountDiffNotification",
    params: (program) => [program, { address_type: "program" }],
    read: (result, program) => {
      const diff = readAccountDiff(result);
      if (diff === undefined) return undefined;
      const key = `${diff.account ?? ""} ${diff.signature ?? ""} ${diff.txIndex ?? ""}`;
      return { slot: diff.context.slot, key, event: { type: "accountDiff", program, diff } };
    },
    schema: accountDiffSchema,
  },
  transaction: {
    subscribe: "transactionSubscribe",
    notification: "transactionNotification",
    params: (program) => [{ mentions: [program] }, { commitment: "confirmed" }],
    read: (result, program) => {
      const transaction = readTransaction(result);
      if (transaction === undefined) return undefined;
      const event = { type: "transaction", program, transaction } as const;
      return { slot: transaction.slot, key: transactionKey(transaction), event };
    },
    schema: transactionSchema,
  },
} as const satisfies Record<string, SubscriptionKind>;

/** The name of a kind of subscription. */
export type SubscriptionKindName = keyof typeof SUBSCRIPTION_KINDS;

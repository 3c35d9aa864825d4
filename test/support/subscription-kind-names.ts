import type { SubscriptionKindName } from "../../src/channels/subscription-kinds.js";

/** TypeScript reports an error if a kind is missing. */
const ALL: Readonly<Record<SubscriptionKindName, true>> = {
  accountDiff: true,
  singleAccountDiff: true,
  transaction: true,
  action: true,
  diagnostic: true,
  replacement: true,
  logs: true,
  account: true,
  program: true,
  signature: true,
  slot: true,
};

/** The names of all kinds of subscriptions. */
export const KIND_NAMES = Object.keys(ALL) as readonly SubscriptionKindName[];

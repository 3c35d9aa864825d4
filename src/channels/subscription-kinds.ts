import { type AccountDiff, readAccountDiff } from "../protocol/account-diff.js";
import { scanAccountDiffNotification } from "../protocol/account-diff-layout.js";
import { readTransaction, transactionKey } from "../protocol/transaction.js";
import type { NotificationEvent } from "./events.js";

/** A notification as its subscription needs it. */
export interface Notification {
  slot: bigint;
  /** What tells it from the others of its slot. */
  key: string;
  event: NotificationEvent;
}

/** One kind of subscription: all that differs from kind to kind. Its methods are `NAMESubscribe` and `NAMENotification`. */
export interface SubscriptionKind {
  readonly name: string;
  /** What each of its filters is; without one there is a single stream. */
  readonly filter?: "address" | "signature";
  /** The subscribe's parameters, for one filter: the last one, if it is an object, is the config. */
  params(filter: string): readonly [] | readonly [what: unknown, config: object];
  /** `undefined` for what isn't such a notification. */
  read(result: unknown, filter: string): Notification | undefined;
  /** What is wrong with a result, if the whole of it is checked. */
  findProblem?(result: unknown): string | undefined;
  /** A shorter way from a frame's text to the notification, for the layouts that it knows. */
  scan?(text: string): { subscription: number; read(filter: string): Notification } | undefined;
  /** Over after its first notification, as Solana's `signatureSubscribe` is. */
  readonly isOneShot?: true;
}

/** The name of a kind of subscription. */
export type SubscriptionKindName = keyof typeof USUAL_KINDS | keyof typeof import("./more-subscription-kinds.js").MORE_KINDS;

/** Account diffs are the firehose: with a whole program's of them, the time goes here. */
function readDiffs(toProgram: (filter: string) => string | undefined): Pick<SubscriptionKind, "read" | "scan"> {
  return {
    read: (result, filter) => {
      const diff = readAccountDiff(result);
      return diff && toNotification(diff, toProgram(filter));
    },
    scan: (text) => {
      const scanned = scanAccountDiffNotification(text);
      return scanned && { subscription: scanned.subscription, read: (filter) => toNotification(scanned.diff, toProgram(filter)) };
    },
  };
}

function toNotification(diff: AccountDiff, program: string | undefined): Notification {
  const key = `${diff.account ?? ""} ${diff.signature ?? ""} ${diff.txIndex ?? ""}`;
  return {
    slot: diff.context.slot,
    key,
    event: program === undefined ? { type: "accountDiff", diff } : { type: "accountDiff", program, diff },
  };
}

/** The kinds that nearly everybody uses. */
const USUAL_KINDS = {
  /** Account changes, by program. */
  accountDiff: {
    name: "accountDiff",
    filter: "address",
    params: (program) => [program, { address_type: "program" }],
    ...readDiffs((program) => program),
  },
  /** Changes of single accounts. */
  singleAccountDiff: {
    name: "accountDiff",
    filter: "address",
    params: (account) => [account, {}],
    ...readDiffs(() => undefined),
  },
  transaction: {
    name: "transaction",
    filter: "address",
    params: (program) => [{ mentions: [program] }, { commitment: "confirmed" }],
    read: (result, program) => {
      const transaction = readTransaction(result);
      if (transaction === undefined) return undefined;
      const event = { type: "transaction", program, transaction } as const;
      return { slot: transaction.slot, key: transactionKey(transaction), event };
    },
  },
} as const satisfies Record<string, SubscriptionKind>;

/** A kind's row. The rarer ones, and the full check, are a file of their own, which only who asks for them loads. */
export async function loadKind(name: SubscriptionKindName, validate: "cursor" | "full"): Promise<SubscriptionKind> {
  const usual = Object.hasOwn(USUAL_KINDS, name) ? USUAL_KINDS[name as keyof typeof USUAL_KINDS] : undefined;
  if (usual !== undefined && validate === "cursor") return usual;
  const { MORE_KINDS, checkedInFull } = await import("./more-subscription-kinds.js");
  if (usual === undefined) return MORE_KINDS[name as keyof typeof MORE_KINDS];
  return checkedInFull(usual);
}

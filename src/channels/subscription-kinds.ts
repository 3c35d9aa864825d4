import { type AccountDiff, readAccountDiff } from "../protocol/account-diff.js";
import { loadPart } from "../protocol/load-part.js";
import { readTransaction, transactionKey } from "../protocol/transaction.js";
import type { Notification, SubscriptionKind } from "./subscription-kind.js";

export type { Notification, SubscriptionKind } from "./subscription-kind.js";

/** The name of a kind of subscription. */
export type SubscriptionKindName = keyof typeof USUAL_KINDS | keyof typeof import("./more-subscription-kinds.js").MORE_KINDS;

/** Account diffs are the firehose: with a whole program's of them, the time goes here. */
interface DiffKind extends SubscriptionKind {
  toNotification(diff: AccountDiff, filter: string): Notification;
}

function diffKind(params: SubscriptionKind["params"], toProgram: (filter: string) => string | undefined): DiffKind {
  const toNotification = (diff: AccountDiff, filter: string): Notification => {
    const program = toProgram(filter);
    return {
      slot: diff.context.slot,
      key: `${diff.account ?? ""} ${diff.signature ?? ""} ${diff.txIndex ?? ""}`,
      event: program === undefined ? { type: "accountDiff", diff } : { type: "accountDiff", program, diff },
    };
  };
  return {
    name: "accountDiff",
    filter: "address",
    params,
    toNotification,
    read: (result, filter) => {
      const diff = readAccountDiff(result);
      return diff && toNotification(diff, filter);
    },
  };
}

/** The kinds that nearly everybody uses. */
const USUAL_KINDS = {
  /** Account changes, by program. */
  accountDiff: diffKind(
    (program) => [program, { address_type: "program" }],
    (program) => program,
  ),
  /** Changes of single accounts. */
  singleAccountDiff: diffKind(
    (account) => [account, {}],
    () => undefined,
  ),
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
  if (usual === undefined || validate === "full") {
    const { MORE_KINDS, checkedInFull } = await loadPart("more-subscription-kinds", import("./more-subscription-kinds.js"));
    return usual === undefined ? MORE_KINDS[name as keyof typeof MORE_KINDS] : checkedInFull(usual);
  }
  return "toNotification" in usual ? withScan(usual) : usual;
}

/** The scan is a file of its own too; where it can't be loaded, all goes the general way: slower, and with the same result. */
async function withScan(kind: DiffKind): Promise<SubscriptionKind> {
  const layout = await import("../protocol/account-diff-layout.js").catch(() => undefined);
  if (layout === undefined) return kind;
  const { scanAccountDiffNotification } = layout;
  return {
    ...kind,
    scan: (text) => {
      const scanned = scanAccountDiffNotification(text);
      return scanned && { subscription: scanned.subscription, read: (filter) => kind.toNotification(scanned.diff, filter) };
    },
  };
}

import { decodeBase58 } from "../../codec/base58.js";
import { isAddress } from "../../protocol/scalars.js";
import type { AccountDiff, AccountState } from "../engine/engine.js";
import { invalidRpcParams, RPC_CODES, RpcFailure } from "../wire/json-rpc.js";
import { accountEncoder } from "./account-encoding.js";
import { accountFilter } from "./account-filter.js";
import type { LogEntry } from "./notification-log.js";
import {
  accountDiffNotification,
  accountNotification,
  blockNotification,
  logsNotification,
  type NotificationResult,
  programNotification,
  signatureNotification,
  stateDiffNotification,
  transactionNotification,
} from "./notification-results.js";

/**
 * Returns the results in an entry of the log that a subscription receives. Call it for each entry, in order, because some kinds of
 * subscriptions wait for the end of a block.
 */
export type Selection = (entry: LogEntry) => readonly NotificationResult[];

type Config = Readonly<Record<string, unknown>>;

/** A kind of subscription. */
export interface SubscriptionKind {
  /** Creates the selection for a subscription with this filter and config. @throws RpcFailure */
  select(filter: unknown, config: Config): Selection;
  /** Whether the subscription ends with its first notification, as on Solana. No subscriptionComplete is sent then. */
  isOneShot?: true;
}

const NONE: readonly NotificationResult[] = [];
const SIGNATURE_BYTES = 64;

/** Selects the account diffs of one account, or of all accounts that a program owns. */
export function selectAccountDiffs(key: string, addressType: "program" | "account"): Selection {
  const isOf = ({ address, pre, post }: AccountDiff): boolean =>
    addressType === "account" ? address === key : pre?.owner === key || post?.owner === key;
  return (entry) => {
    if (entry.type === "transaction") {
      const { transaction } = entry;
      return transaction.diffs.filter(isOf).map((diff) => accountDiffNotification(transaction, diff));
    }
    if (entry.type !== "accounts") return NONE;
    return entry.diffs.filter(isOf).map((diff) => stateDiffNotification(entry.slot, entry.blockTime, diff));
  };
}

/** Selects transactions that mention one of the accounts. */
export function selectTransactions(mentions: readonly string[]): Selection {
  return (entry) =>
    entry.type === "transaction" && mentions.some((address) => entry.transaction.accounts.includes(address))
      ? [transactionNotification(entry.transaction)]
      : NONE;
}

/** Selects reports of one kind. */
function selectReports(kind: Extract<LogEntry, { type: "report" }>["kind"]): Selection {
  return (entry) => (entry.type === "report" && entry.kind === kind ? [entry.result] : NONE);
}

/**
 * Selects the states of written accounts: after each write if `intraSlotUpdates` is set, otherwise the last state of each account
 * at the end of a block.
 */
function selectStates(
  isOf: (diff: AccountDiff) => boolean,
  intraSlotUpdates: boolean,
  toResult: (slot: bigint, address: string, state: AccountState | undefined) => NotificationResult | undefined,
): Selection {
  const changed = new Map<string, AccountState | undefined>();
  const tellAll = (slot: bigint, states: Iterable<readonly [string, AccountState | undefined]>): NotificationResult[] =>
    Array.from(states, ([address, state]) => toResult(slot, address, state)).filter((result) => result !== undefined);
  return (entry) => {
    if (entry.type === "block") {
      if (changed.size === 0) return NONE;
      const results = tellAll(entry.slot, changed);
      changed.clear();
      return results;
    }
    const diffs = entry.type === "transaction" ? entry.transaction.diffs : entry.type === "accounts" ? entry.diffs : [];
    const written = diffs.filter(isOf).map(({ address, post }) => [address, post] as const);
    if (intraSlotUpdates) return tellAll(entry.slot, written);
    for (const [address, state] of written) {
      // Deletes the account first, so that the map is ordered by the last write of each account.
      changed.delete(address);
      changed.set(address, state);
    }
    return NONE;
  };
}

const accountDiff: SubscriptionKind = {
  select(filter, { address_type: addressType = "account" }) {
    const address = readAddress(filter, "the address of a program or an account");
    if (addressType !== "program" && addressType !== "account") {
      throw invalidRpcParams('expected address_type to be "program" or "account"');
    }
    return selectAccountDiffs(address, addressType);
  },
};

const transaction: SubscriptionKind = {
  select: (filter) => selectTransactions(readMentions(filter)),
};

const logs: SubscriptionKind = {
  select(filter) {
    const mention = filter === "all" || filter === "allWithVotes" ? undefined : readMention(filter);
    return (entry) => {
      if (entry.type !== "transaction") return NONE;
      const isMeant = mention === undefined || entry.transaction.accounts.includes(mention);
      return isMeant ? [logsNotification(entry.transaction)] : NONE;
    };
  },
};

const account: SubscriptionKind = {
  select(filter, { encoding, dataSlice, intraSlotUpdates }) {
    const wanted = readAddress(filter, "the address of an account");
    const encode = accountEncoder(encoding, dataSlice, "report");
    return selectStates(
      ({ address }) => address === wanted,
      intraSlotUpdates === true,
      (slot, _, state) => accountNotification(slot, state, encode),
    );
  },
};

const program: SubscriptionKind = {
  select(filter, { encoding, dataSlice, filters, intraSlotUpdates }) {
    const owner = readAddress(filter, "the address of a program");
    const encode = accountEncoder(encoding, dataSlice, "report");
    const isWanted = accountFilter(filters);
    return selectStates(
      ({ pre, post }) => pre?.owner === owner || post?.owner === owner,
      intraSlotUpdates === true,
      // As on Solana, accounts that were deleted or now belong to another program are not reported.
      (slot, address, state) =>
        state?.owner === owner && isWanted(state) ? programNotification(slot, address, state, encode) : undefined,
    );
  },
};

const signature: SubscriptionKind = {
  isOneShot: true,
  select(filter) {
    if (typeof filter !== "string") throw invalidRpcParams("expected a signature in base58");
    if (decodeBase58(filter)?.length !== SIGNATURE_BYTES) throw invalidSubscription("Invalid signature provided");
    return (entry) =>
      (entry.type === "transaction" || entry.type === "refused") && entry.transaction.signatures[0] === filter
        ? [signatureNotification(entry.transaction)]
        : NONE;
  },
};

const slot: SubscriptionKind = {
  select: () => (entry) => (entry.type === "block" ? [blockNotification(entry.slot, entry.parent)] : NONE),
};

/**
 * The kinds of subscriptions, by the prefix of their method names. For example, `transaction` is the prefix of
 * `transactionSubscribe`, `transactionUnsubscribe` and `transactionNotification`.
 */
export const SUBSCRIPTION_KINDS: ReadonlyMap<string, SubscriptionKind> = new Map(
  Object.entries({
    accountDiff,
    transaction,
    action: { select: () => selectReports("action") },
    diagnostic: { select: () => selectReports("diagnostic") },
    replacement: { select: () => selectReports("replacement") },
    logs,
    account,
    program,
    signature,
    slot,
  }),
);

function readAddress(value: unknown, what: string): string {
  if (isAddress(value)) return value;
  throw typeof value === "string" ? invalidSubscription("Invalid pubkey provided") : invalidRpcParams(`expected ${what}`);
}

/** Creates the error of a subscribe request, with the same text as in Agave. */
function invalidSubscription(problem: string): RpcFailure {
  return new RpcFailure(RPC_CODES.invalidParams, `Invalid Request: ${problem}`);
}

/** Reads the filter of `logsSubscribe`. As on Solana, it must mention exactly one address. @throws RpcFailure */
function readMention(filter: unknown): string {
  const { mentions } = Object(filter) as { mentions?: unknown };
  if (!Array.isArray(mentions)) throw invalidRpcParams('expected "all", "allWithVotes" or {"mentions": [address]}');
  if (mentions.length !== 1) throw invalidSubscription("Only 1 address supported");
  if (!isAddress(mentions[0])) throw invalidSubscription("Invalid mentions provided");
  return mentions[0];
}

function readMentions(filter: unknown): readonly string[] {
  const { mentions } = (typeof filter === "object" && filter !== null ? filter : {}) as { mentions?: unknown };
  if (!Array.isArray(mentions) || mentions.length === 0 || !mentions.every(isAddress)) {
    throw invalidRpcParams('expected {"mentions": [address, …]}');
  }
  return mentions;
}

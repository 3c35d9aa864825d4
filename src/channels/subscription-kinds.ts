import * as v from "valibot";
import { stringifyJson } from "../codec/json.js";
import { scanAccountDiffNotification } from "../protocol/account-diff-layout.js";
import { type AccountDiff, accountDiffSchema, readAccountDiff } from "../protocol/account-diff-notification.js";
import { actionResult } from "../protocol/action-notification.js";
import { diagnosticSample } from "../protocol/diagnostic-notification.js";
import { findProblem } from "../protocol/message.js";
import { replacement } from "../protocol/replacement-notification.js";
import { accountResult, logsResult, programResult, signatureResult, slotResult } from "../protocol/solana-pubsub-results.js";
import { readTransaction, transactionKey, transactionSchema } from "../protocol/transaction-notification.js";
import type {
  AccountDiffEvent,
  AccountEvent,
  ActionResultEvent,
  DiagnosticEvent,
  LogsEvent,
  NotificationEvent,
  ProgramAccountEvent,
  ReplacementEvent,
  SignatureEvent,
  SlotUpdateEvent,
  TransactionEvent,
} from "./managed-events.js";
import type { Notification, NotificationSource, SubscriptionKind } from "./subscription-kind.js";

/** The event type of each kind of subscription. */
export interface EventsByKind {
  /** Changes of the accounts of a program: `subscribeAccountDiffs`. */
  accountDiff: AccountDiffEvent;
  /** Changes of single accounts: `subscribeAccountDiffsOf`. */
  singleAccountDiff: AccountDiffEvent;
  /** Transactions that mention a program: `subscribeTransactions`. */
  transaction: TransactionEvent;
  /** Results of scheduled actions: `subscribeActions`. */
  action: ActionResultEvent;
  /** Samples of diagnostic probes: `subscribeDiagnostics`. */
  diagnostic: DiagnosticEvent;
  /** Replacements of historical swaps: `subscribeReplacements`. */
  replacement: ReplacementEvent;
  /** Logs of transactions that mention an address: `subscribeLogs`. */
  logs: LogsEvent;
  /** States of an account: `subscribeAccounts`. */
  account: AccountEvent;
  /** States of the accounts of a program: `subscribeProgramAccounts`. */
  program: ProgramAccountEvent;
  /** The execution of a transaction: `subscribeSignatures`. */
  signature: SignatureEvent;
  /** The slots that the bank reaches: `subscribeSlots`. */
  slot: SlotUpdateEvent;
}

/** The name of a kind of subscription. */
export type SubscriptionKindName = keyof EventsByKind;

const CONFIRMED = { commitment: "confirmed" };
const ENCODED = { ...CONFIRMED, encoding: "base64" };
const keyless = (): [null, object] => [null, {}];

/** Returns `read` and `findProblem` for a kind with few notifications. Both functions check every member of a notification. */
function readWith<T extends v.GenericSchema, E extends NotificationEvent>(
  schema: T,
  toNotification: (result: v.InferOutput<T>, source: NotificationSource) => Notification<E>,
): Pick<SubscriptionKind<E>, "read" | "findProblem"> {
  return {
    findProblem: (result) => findProblem(schema, result),
    read: (result, source) => {
      const parsed = v.safeParse(schema, result);
      return parsed.success ? toNotification(parsed.output, source) : undefined;
    },
  };
}

const joinKey = (...parts: unknown[]): string => parts.map((part) => part ?? "").join(" ");

/** Account diffs are the most frequent notifications, so `scan` reads their common layout without parsing JSON. */
function diffKind(
  params: SubscriptionKind["params"],
  toProgram: (filter: string) => string | undefined,
): SubscriptionKind<AccountDiffEvent> {
  const toNotification = (diff: AccountDiff, { filter, subscriptionId }: NotificationSource): Notification<AccountDiffEvent> => {
    const program = toProgram(filter);
    return {
      slot: diff.context.slot,
      key: `${diff.account ?? ""} ${diff.signature ?? ""} ${diff.txIndex ?? ""}`,
      event:
        program === undefined
          ? { type: "accountDiff", subscriptionId, diff }
          : { type: "accountDiff", subscriptionId, program, diff },
    };
  };
  return {
    name: "accountDiff",
    filter: "address",
    params,
    schema: accountDiffSchema,
    read: (result, source) => {
      const diff = readAccountDiff(result);
      return diff && toNotification(diff, source);
    },
    scan: (text) => {
      const scanned = scanAccountDiffNotification(text);
      return scanned && { subscription: scanned.subscription, read: (source) => toNotification(scanned.diff, source) };
    },
  };
}

/** Every kind of subscription, by name. */
const SUBSCRIPTION_KINDS: { readonly [K in SubscriptionKindName]: SubscriptionKind<EventsByKind[K]> } = {
  /** Changes of all accounts of a program. */
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
    schema: transactionSchema,
    read: (result, { filter: program, subscriptionId }) => {
      const transaction = readTransaction(result);
      if (transaction === undefined) return undefined;
      const event = { type: "transaction", subscriptionId, program, transaction } as const;
      return { slot: transaction.slot, key: transactionKey(transaction), event };
    },
  },
  action: {
    name: "action",
    params: keyless,
    ...readWith(actionResult, (result, { subscriptionId }) => ({
      slot: result.context.slot,
      key: joinKey(result.actionIndex, result.batchIndex, result.txIndex),
      event: { type: "actionResult", subscriptionId, result },
    })),
  },
  diagnostic: {
    name: "diagnostic",
    params: keyless,
    ...readWith(diagnosticSample, (sample, { subscriptionId }) => ({
      slot: sample.context.slot,
      key: joinKey(sample.probeIndex, sample.market, sample.usdValue),
      event: { type: "diagnostic", subscriptionId, sample },
    })),
  },
  replacement: {
    name: "replacement",
    params: keyless,
    ...readWith(replacement, (result, { subscriptionId }) => {
      const { kind, batchIndex, originalSignature } = result;
      const direct = kind === "directFill" ? [result.template, result.hop.legIndex] : [];
      return {
        slot: result.slot,
        key: joinKey(kind, batchIndex, originalSignature, ...direct),
        event: { type: "replacement", subscriptionId, replacement: result },
      };
    }),
  },
  logs: {
    name: "logs",
    filter: "address",
    params: (address) => [{ mentions: [address] }, CONFIRMED],
    ...readWith(logsResult, ({ context: { slot }, value: { signature, err, logs } }, { filter: address, subscriptionId }) => ({
      slot,
      key: signature,
      event: { type: "logs", subscriptionId, address, slot, signature, err, logs },
    })),
  },
  account: {
    name: "account",
    filter: "address",
    params: (address) => [address, ENCODED],
    ...readWith(accountResult, ({ context: { slot }, value }, { filter: address, subscriptionId }) => ({
      slot,
      // Distinguishes notifications of one slot (`intraSlotUpdates`) by the state of the account.
      key: stringifyJson(value),
      event: { type: "account", subscriptionId, address, slot, account: value as never },
    })),
  },
  program: {
    name: "program",
    filter: "address",
    params: (program) => [program, ENCODED],
    ...readWith(programResult, ({ context: { slot }, value: { pubkey, account } }, { filter: program, subscriptionId }) => ({
      slot,
      key: pubkey + stringifyJson(account),
      event: { type: "programAccount", subscriptionId, program, address: pubkey, slot, account: account as never },
    })),
  },
  signature: {
    name: "signature",
    filter: "signature",
    params: (signature) => [signature, CONFIRMED],
    isOneShot: true,
    ...readWith(signatureResult, ({ context: { slot }, value: { err } }, { filter: signature, subscriptionId }) => ({
      slot,
      key: "",
      event: { type: "signature", subscriptionId, signature, slot, err },
    })),
  },
  slot: {
    name: "slot",
    params: () => [],
    ...readWith(slotResult, (result, { subscriptionId }) => ({
      slot: result.slot,
      key: "",
      event: { type: "slotUpdate", subscriptionId, ...result },
    })),
  },
};

export function isSubscriptionKind(name: string): name is SubscriptionKindName {
  return Object.hasOwn(SUBSCRIPTION_KINDS, name);
}

/** Returns a kind by its name. With `validate: "full"`, every notification is checked against its complete schema. */
export function subscriptionKind(name: SubscriptionKindName, validate: "cursor" | "full"): SubscriptionKind {
  const { scan, schema, ...kind }: SubscriptionKind = SUBSCRIPTION_KINDS[name];
  if (validate === "full" && schema !== undefined) return { ...kind, findProblem: (result) => findProblem(schema, result) };
  return scan === undefined ? kind : { ...kind, scan };
}

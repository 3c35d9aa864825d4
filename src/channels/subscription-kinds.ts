import * as v from "valibot";
import { stringifyJson } from "../codec/json.js";
import { type AccountDiff, accountDiffSchema, readAccountDiff } from "../protocol/account-diff.js";
import { scanAccountDiffNotification } from "../protocol/account-diff-layout.js";
import { actionResult, diagnosticSample } from "../protocol/action-result.js";
import { accountResult, logsResult, programResult, signatureResult, slotResult } from "../protocol/pubsub.js";
import { replacement } from "../protocol/replacement.js";
import { readTransaction, transactionKey, transactionSchema } from "../protocol/transaction.js";
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
  /** The whole of a result, for `validate: "full"`. */
  readonly schema: v.GenericSchema;
  /** A shorter way from a frame's text to the notification, for the layouts that it knows. */
  scan?(text: string): { subscription: number; read(filter: string): Notification } | undefined;
  /** Over after its first notification, as Solana's `signatureSubscribe` is. */
  readonly isOneShot?: true;
}

const CONFIRMED = { commitment: "confirmed" };
const ENCODED = { ...CONFIRMED, encoding: "base64" };
const keyless = (): [null, object] => [null, {}];

/** Reads with the whole schema, where notifications are few. */
function readWith<T extends v.GenericSchema>(
  schema: T,
  toNotification: (result: v.InferOutput<T>, filter: string) => Notification,
): Pick<SubscriptionKind, "read" | "schema"> {
  return {
    schema,
    read: (result, filter) => {
      const parsed = v.safeParse(schema, result);
      return parsed.success ? toNotification(parsed.output, filter) : undefined;
    },
  };
}

/** Account diffs are the firehose: with a whole program's of them, the time goes here. */
function readDiffs(toProgram: (filter: string) => string | undefined): Pick<SubscriptionKind, "read" | "scan" | "schema"> {
  return {
    schema: accountDiffSchema,
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

const joinKey = (...parts: unknown[]): string => parts.map((part) => part ?? "").join(" ");

export const SUBSCRIPTION_KINDS = {
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
    params: (program) => [{ mentions: [program] }, CONFIRMED],
    read: (result, program) => {
      const transaction = readTransaction(result);
      if (transaction === undefined) return undefined;
      const event = { type: "transaction", program, transaction } as const;
      return { slot: transaction.slot, key: transactionKey(transaction), event };
    },
    schema: transactionSchema,
  },
  action: {
    name: "action",
    params: keyless,
    ...readWith(actionResult, (result) => ({
      slot: result.context.slot,
      key: joinKey(result.actionIndex, result.batchIndex, result.txIndex),
      event: { type: "actionResult", result },
    })),
  },
  diagnostic: {
    name: "diagnostic",
    params: keyless,
    ...readWith(diagnosticSample, (sample) => ({
      slot: sample.context.slot,
      key: joinKey(sample.probeIndex, sample.market, sample.usdValue),
      event: { type: "diagnostic", sample },
    })),
  },
  replacement: {
    name: "replacement",
    params: keyless,
    ...readWith(replacement, (result) => {
      const { kind, batchIndex, originalSignature } = result;
      const direct = kind === "directFill" ? [result.template, result.hop.legIndex] : [];
      return {
        slot: result.slot,
        key: joinKey(kind, batchIndex, originalSignature, ...direct),
        event: { type: "replacement", replacement: result },
      };
    }),
  },
  logs: {
    name: "logs",
    filter: "address",
    params: (address) => [{ mentions: [address] }, CONFIRMED],
    ...readWith(logsResult, ({ context: { slot }, value: { signature, err, logs } }, address) => ({
      slot,
      key: signature,
      event: { type: "logs", address, slot, signature, err, logs },
    })),
  },
  account: {
    name: "account",
    filter: "address",
    params: (address) => [address, ENCODED],
    ...readWith(accountResult, ({ context: { slot }, value }, address) => ({
      slot,
      // With intraSlotUpdates there are several in a slot, and nothing but the state tells them apart.
      key: stringifyJson(value),
      event: { type: "account", address, slot, account: value as never },
    })),
  },
  program: {
    name: "program",
    filter: "address",
    params: (program) => [program, ENCODED],
    ...readWith(programResult, ({ context: { slot }, value: { pubkey, account } }, program) => ({
      slot,
      key: pubkey + stringifyJson(account),
      event: { type: "programAccount", program, address: pubkey, slot, account: account as never },
    })),
  },
  signature: {
    name: "signature",
    filter: "signature",
    params: (signature) => [signature, CONFIRMED],
    isOneShot: true,
    ...readWith(signatureResult, ({ context: { slot }, value: { err } }, signature) => ({
      slot,
      key: "",
      event: { type: "signature", signature, slot, err },
    })),
  },
  slot: {
    name: "slot",
    params: () => [],
    ...readWith(slotResult, (result) => ({ slot: result.slot, key: "", event: { type: "slotUpdate", ...result } })),
  },
} as const satisfies Record<string, SubscriptionKind>;

/** The name of a kind of subscription. */
export type SubscriptionKindName = keyof typeof SUBSCRIPTION_KINDS;

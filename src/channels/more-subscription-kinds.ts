import * as v from "valibot";
import { stringifyJson } from "../codec/json.js";
import { accountDiffSchema } from "../protocol/account-diff-schema.js";
import { actionResult, diagnosticSample } from "../protocol/action-result.js";
import { findProblem } from "../protocol/message.js";
import { accountResult, logsResult, programResult, signatureResult, slotResult } from "../protocol/pubsub.js";
import { replacement } from "../protocol/replacement.js";
import { transactionSchema } from "../protocol/transaction-schema.js";
import type { Notification, SubscriptionKind } from "./subscription-kind.js";

const CONFIRMED = { commitment: "confirmed" };
const ENCODED = { ...CONFIRMED, encoding: "base64" };
const keyless = (): [null, object] => [null, {}];

/** Reads with the whole schema: these notifications are few. */
function readWith<T extends v.GenericSchema>(
  schema: T,
  toNotification: (result: v.InferOutput<T>, filter: string) => Notification,
): Pick<SubscriptionKind, "read" | "findProblem"> {
  return {
    findProblem: (result) => findProblem(schema, result),
    read: (result, filter) => {
      const parsed = v.safeParse(schema, result);
      return parsed.success ? toNotification(parsed.output, filter) : undefined;
    },
  };
}

const joinKey = (...parts: unknown[]): string => parts.map((part) => part ?? "").join(" ");

/** The rarer kinds. */
export const MORE_KINDS = {
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

/** A usual kind, every notification of which is checked in full. */
export function checkedInFull(kind: SubscriptionKind): SubscriptionKind {
  const schema = kind.name === "transaction" ? transactionSchema : accountDiffSchema;
  return { ...kind, findProblem: (result) => findProblem(schema, result) };
}

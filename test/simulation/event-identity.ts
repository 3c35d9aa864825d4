import type { ManagedEvent } from "../../src/channels/managed-events.js";
import { parseJson } from "../../src/codec/json.js";
import type { NotificationResult } from "../../src/local/notifications/notification-results.js";
import type { RecordedKind, RecordedResponse } from "../../src/local/session/simulator-record.js";
import { transactionSignature } from "../../src/protocol/transaction-notification.js";

/** The identity of an event in its stream. The client's event and the server's record of the same event have equal identities. */
export interface Identity {
  /** The slot of the event. On the control channel: the sequence id, if there is one. */
  position: bigint;
  key: string;
}

// biome-ignore lint/suspicious/noExplicitAny: notifications are compared by a few members, whatever their kind
type Result = any;

/** Returns the identity of a notification that the server recorded. */
export function recordedIdentity(kind: RecordedKind, result: NotificationResult): Identity {
  const { slot, key } = result;
  switch (kind) {
    case "transaction":
    case "accountDiff":
    case "accountDiffOf":
    case "logs":
    case "signature":
    case "slot":
      return { position: slot, key };
    default:
      return { position: slot, key: notificationKey(kind, parseJson(result.json())) };
  }
}

function notificationKey(kind: RecordedKind, result: Result): string {
  switch (kind) {
    case "account":
      return accountKey(result.value);
    case "program":
      return `${result.value.pubkey} ${accountKey(result.value.account)}`;
    case "action":
      return [result.actionIndex, result.batchIndex, result.txIndex].join(" ");
    case "diagnostic":
      return [result.probeIndex, result.market, result.usdValue].join(" ");
    case "replacement":
      return [result.kind, result.batchIndex, result.originalSignature].join(" ");
    default:
      return "";
  }
}

/** Returns the stream and the identity of a delivered event of a subscription. */
export function deliveredIdentity(event: ManagedEvent): ({ kind: RecordedKind; filter: string } & Identity) | undefined {
  switch (event.type) {
    case "transaction":
      return {
        kind: "transaction",
        filter: event.program,
        position: event.transaction.slot,
        key: transactionSignature(event.transaction) ?? "",
      };
    case "accountDiff": {
      const { account = "", signature, txIndex, context } = event.diff;
      const key = `${account}|${signature ?? ""}|${txIndex ?? ""}`;
      return event.program === undefined
        ? { kind: "accountDiffOf", filter: account, position: context.slot, key }
        : { kind: "accountDiff", filter: event.program, position: context.slot, key };
    }
    case "logs":
      return { kind: "logs", filter: event.address, position: event.slot, key: event.signature };
    case "signature":
      return { kind: "signature", filter: event.signature, position: event.slot, key: event.signature };
    case "slotUpdate":
      return { kind: "slot", filter: "", position: event.slot, key: "" };
    case "account":
      return { kind: "account", filter: event.address, position: event.slot, key: accountKey(event.account) };
    case "programAccount":
      return {
        kind: "program",
        filter: event.program,
        position: event.slot,
        key: `${event.address} ${accountKey(event.account)}`,
      };
    case "actionResult":
      return { kind: "action", filter: "", position: event.result.context.slot, key: notificationKey("action", event.result) };
    case "diagnostic":
      return {
        kind: "diagnostic",
        filter: "",
        position: event.sample.context.slot,
        key: notificationKey("diagnostic", event.sample),
      };
    case "replacement":
      return {
        kind: "replacement",
        filter: "",
        position: event.replacement.slot,
        key: notificationKey("replacement", event.replacement),
      };
    default:
      return undefined;
  }
}

function accountKey({ lamports, data }: Result): string {
  return `${lamports} ${Array.isArray(data) ? data[0] : data}`;
}

/** Returns the identity of a delivered control event, or `undefined` for any other event. */
export function controlKey(event: ManagedEvent): string | undefined {
  switch (event.type) {
    case "readyForContinue":
      return "ready";
    case "paused":
      return `paused ${event.slot} ${event.batchIndex ?? ""}`;
    case "slot":
      return `slot ${event.slot}`;
    case "status":
      return `status ${event.status}`;
    case "discoveryBatch":
      return `discovery ${event.slot} ${event.batchIndex}`;
    case "error":
      return `error ${event.error.kind}`;
    case "completed":
      return "completed";
    default:
      return undefined;
  }
}

/** Returns the identity of a recorded response. `undefined` if it is not an event. */
export function recordedControl({ response, sequence = 0n }: RecordedResponse): Identity | undefined {
  const key = recordedKey(response);
  return key === undefined ? undefined : { position: sequence, key };
}

function recordedKey(response: RecordedResponse["response"]): string | undefined {
  switch (response.method) {
    case "readyForContinue":
      return "ready";
    case "paused":
      return `paused ${response.params.slot} ${response.params.batchIndex ?? ""}`;
    case "slotNotification":
      return `slot ${response.params}`;
    case "status":
      return `status ${response.params.status}`;
    case "discoveryBatch":
      return `discovery ${response.params.slot} ${response.params.batchIndex}`;
    case "error": {
      const kind = typeof response.params === "string" ? response.params : Object.keys(response.params)[0];
      // The client delivers an event for each kind of error except `simulationError` (a failed transaction).
      return kind === "simulationError" ? undefined : `error ${kind}`;
    }
    case "completed":
      return "completed";
    default:
      return undefined;
  }
}

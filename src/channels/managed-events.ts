import type { AccountDiff, UiAccount } from "../protocol/account-diff-notification.js";
import type { ActionResult } from "../protocol/action-notification.js";
import type { BacktestError } from "../protocol/backtest-error.js";
import type { DiagnosticSample } from "../protocol/diagnostic-notification.js";
import type { Replacement } from "../protocol/replacement-notification.js";
import type { BacktestStatus } from "../protocol/responses.js";
import type { SessionSummary } from "../protocol/session-summary.js";
import type { DiscoveryFilter, EncodedBinary } from "../protocol/shapes.js";
import type { ConfirmedTransaction } from "../protocol/transaction-notification.js";

/** The server is waiting for a continue request. */
export interface ReadyForContinueEvent {
  type: "readyForContinue";
}

/**
 * The session has reached the target of a `continueTo`. It is paused before batch `batchIndex` of the slot. Without `batchIndex`,
 * it is paused after the whole slot.
 */
export interface PausedEvent {
  type: "paused";
  /** The slot before or after which the session is paused. */
  slot: bigint;
  /** The batch before which the session is paused. Absent if the session is paused after the slot. */
  batchIndex?: number;
}

/**
 * A batch that has not been executed yet matches one of the `discoveries` filters. `continueTo(slot, batchIndex)` stops just before
 * this batch.
 */
export interface DiscoveryBatchEvent {
  type: "discoveryBatch";
  /** The slot of the batch. */
  slot: bigint;
  /** The index of the batch in its block. */
  batchIndex: number;
  /** The filters that match. */
  matched: DiscoveryFilter[];
  /** The matching transactions, in the server's own encoding with metadata. */
  transactions: EncodedBinary[];
  /** The positions of the matching transactions in the block. Empty if the server is too old to report them. */
  transactionIndices: number[];
}

/** A block was executed. A skipped slot has no block, so there is no event for it. */
export interface SlotEvent {
  type: "slot";
  /** The slot of the block. */
  slot: bigint;
}

/** A change of the server's status, such as a cold start. */
export interface StatusEvent {
  type: "status";
  /** The new status. */
  status: BacktestStatus;
}

/** The range has been executed. This is always the last event, after the end of every subscription. */
export interface CompletedEvent {
  type: "completed";
  /** Present only with `sendSummary`. */
  summary?: SessionSummary;
}

/** An error that the server reports. A terminal error makes the session fail. */
export interface ErrorEvent {
  type: "error";
  /** The error that the server sent. */
  error: BacktestError;
}

/** A transaction that mentions a subscribed program. */
export interface TransactionEvent {
  type: "transaction";
  /** `Subscription.id`. */
  subscriptionId: string;
  /**
   * The program of the subscription. A transaction that mentions two subscribed programs is delivered twice, once for each program.
   */
  program: string;
  /** The transaction and its outcome. */
  transaction: ConfirmedTransaction;
}

/** A change of a subscribed account, or of an account of a subscribed program. */
export interface AccountDiffEvent {
  type: "accountDiff";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The program of the subscription. Absent if single accounts are subscribed. */
  program?: string;
  /** The change of the account. */
  diff: AccountDiff;
}

/** The result of a scheduled action. */
export interface ActionResultEvent {
  type: "actionResult";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The result of one execution of the action. */
  result: ActionResult;
}

/** The result of a diagnostic probe. */
export interface DiagnosticEvent {
  type: "diagnostic";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The measured depth. */
  sample: DiagnosticSample;
}

/** The replacement of a historical swap. */
export interface ReplacementEvent {
  type: "replacement";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The historical swap and its replacement. */
  replacement: Replacement;
}

/** Logs of a transaction that mentions a subscribed address (`logsSubscribe`). */
export interface LogsEvent {
  type: "logs";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The subscribed address. */
  address: string;
  /** The slot of the transaction. */
  slot: bigint;
  /** The first signature of the transaction. */
  signature: string;
  /** `null` if the transaction succeeded. */
  err: unknown;
  /** The log lines of the transaction. */
  logs: string[];
}

/** The state of a subscribed account (`accountSubscribe`): one event per slot, or one per write with `intraSlotUpdates`. */
export interface AccountEvent {
  type: "account";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The address of the account. */
  address: string;
  /** The slot of the state. */
  slot: bigint;
  /** The state of the account. */
  account: UiAccount;
}

/**
 * The state of an account that a subscribed program owns (`programSubscribe`): one event per slot, or one per write with
 * `intraSlotUpdates`.
 */
export interface ProgramAccountEvent {
  type: "programAccount";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The subscribed program, which owns the account. */
  program: string;
  /** The address of the account. */
  address: string;
  /** The slot of the state. */
  slot: bigint;
  /** The state of the account. */
  account: UiAccount;
}

/** A subscribed transaction was executed (`signatureSubscribe`). */
export interface SignatureEvent {
  type: "signature";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The subscribed signature. */
  signature: string;
  /** The slot of the transaction. */
  slot: bigint;
  /** `null` if the transaction succeeded. */
  err: unknown;
}

/** The session's bank reached a slot (`slotSubscribe`). */
export interface SlotUpdateEvent {
  type: "slotUpdate";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The new slot of the bank. */
  slot: bigint;
  /** The slot of the parent block. */
  parent: bigint;
  /** The newest root slot. */
  root: bigint;
}

/**
 * A frame that this version cannot read, because it is not JSON, has an unknown method, or is malformed. The frame was counted and
 * skipped.
 */
export interface UnrecognizedEvent {
  type: "unrecognized";
  /** `Subscription.id`; absent for a frame of the control channel. */
  subscriptionId?: string;
  /** The frame's text, truncated to 4,096 characters. */
  raw: string;
  /** Why the frame could not be read. */
  reason: string;
}

/**
 * How a lost connection affected the stream of events. `subscriptionId` is `Subscription.id`. It is absent for the control channel.
 */
export type ContinuityEvent =
  /**
   * The channel was resumed, and no event was lost. `after` is the last received position: a sequence id on the control channel, a
   * slot on a subscription.
   */
  | {
      type: "continuity";
      kind: "resumed";
      /** `control`, or the kind of the subscription. */
      channel: string;
      /** `Subscription.id`; absent for `control`. */
      subscriptionId?: string;
      /** The last received position. */
      after?: bigint;
    }
  /**
   * The connection was lost after a continue request had been written. It is unknown whether the server received the request. Only
   * `run()` resends the request, and only if it has no transactions and no account states.
   */
  | {
      type: "continuity";
      kind: "continueUncertain";
      /** The method of the request. */
      request: "continue" | "continueTo";
    }
  /**
   * The server no longer has all missed events: events from `expected` up to `got` are lost. The two values are sequence ids for
   * the control channel, and slots for a subscription.
   */
  | {
      type: "continuity";
      kind: "gap";
      /** `control`, or the kind of the subscription. */
      channel: string;
      /** `Subscription.id`; absent for `control`. */
      subscriptionId?: string;
      /** The position of the first lost event. */
      expected: bigint;
      /** The position of the first event after the gap. */
      got: bigint;
    };

/** The notifications of subscriptions. */
export type NotificationEvent =
  | TransactionEvent
  | AccountDiffEvent
  | ActionResultEvent
  | DiagnosticEvent
  | ReplacementEvent
  | LogsEvent
  | AccountEvent
  | ProgramAccountEvent
  | SignatureEvent
  | SlotUpdateEvent;

/** All events that a subscription delivers. */
export type SubscriptionEvent = NotificationEvent | UnrecognizedEvent | ContinuityEvent;

/** All events that the control channel delivers. */
export type ControlEvent =
  | ReadyForContinueEvent
  | PausedEvent
  | DiscoveryBatchEvent
  | SlotEvent
  | StatusEvent
  | CompletedEvent
  | ErrorEvent
  | UnrecognizedEvent
  | ContinuityEvent;

/** All events that a session delivers. They are plain objects, which you can spread, clone and post to a worker. */
export type ManagedEvent = ControlEvent | NotificationEvent;

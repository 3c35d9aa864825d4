import type { AccountDiff, UiAccount } from "../protocol/account-diff.js";
import type { ActionResult } from "../protocol/action-result.js";
import type { BacktestError } from "../protocol/backtest-error.js";
import type { DiagnosticSample } from "../protocol/diagnostic-sample.js";
import type { Replacement } from "../protocol/replacement.js";
import type { BacktestStatus } from "../protocol/responses.js";
import type { SessionSummary } from "../protocol/session-summary.js";
import type { DiscoveryFilter, EncodedBinary } from "../protocol/shapes.js";
import type { ConfirmedTransaction } from "../protocol/transaction.js";

/** The server is waiting for a continue request. */
export interface ReadyForContinueEvent {
  type: "readyForContinue";
}

/**
 * The session has reached the target of a `continueTo`: it is paused before batch `batchIndex` of the slot, or after the whole slot
 * if there is no `batchIndex`.
 */
export interface PausedEvent {
  type: "paused";
  slot: bigint;
  batchIndex?: number;
}

/**
 * A batch that has not been executed yet matches one of the `discoveries` filters. `continueTo(slot, batchIndex)` stops just before
 * this batch.
 */
export interface DiscoveryBatchEvent {
  type: "discoveryBatch";
  slot: bigint;
  batchIndex: number;
  matched: DiscoveryFilter[];
  /** The matching transactions, in the server's own encoding with metadata. */
  transactions: EncodedBinary[];
  /** The positions of these transactions in the block. Empty if the server is older. */
  transactionIndices: number[];
}

/** A block was executed. A skipped slot has no block, so there is no event for it. */
export interface SlotEvent {
  type: "slot";
  slot: bigint;
}

/** A change of the server's status, such as a cold start. */
export interface StatusEvent {
  type: "status";
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
  transaction: ConfirmedTransaction;
}

/** A change of a subscribed account, or of an account of a subscribed program. */
export interface AccountDiffEvent {
  type: "accountDiff";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The program of the subscription. Absent if single accounts are subscribed. */
  program?: string;
  diff: AccountDiff;
}

/** The result of a scheduled action. */
export interface ActionResultEvent {
  type: "actionResult";
  /** `Subscription.id`. */
  subscriptionId: string;
  result: ActionResult;
}

/** The result of a diagnostic probe. */
export interface DiagnosticEvent {
  type: "diagnostic";
  /** `Subscription.id`. */
  subscriptionId: string;
  sample: DiagnosticSample;
}

/** The replacement of a historical swap. */
export interface ReplacementEvent {
  type: "replacement";
  /** `Subscription.id`. */
  subscriptionId: string;
  replacement: Replacement;
}

/** Logs of a transaction that mentions a subscribed address (`logsSubscribe`). */
export interface LogsEvent {
  type: "logs";
  /** `Subscription.id`. */
  subscriptionId: string;
  address: string;
  slot: bigint;
  signature: string;
  /** `null` if the transaction succeeded. */
  err: unknown;
  logs: string[];
}

/** The state of a subscribed account (`accountSubscribe`): one event per slot, or one per write with `intraSlotUpdates`. */
export interface AccountEvent {
  type: "account";
  /** `Subscription.id`. */
  subscriptionId: string;
  address: string;
  slot: bigint;
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
  program: string;
  address: string;
  slot: bigint;
  account: UiAccount;
}

/** A subscribed transaction was executed (`signatureSubscribe`). */
export interface SignatureEvent {
  type: "signature";
  /** `Subscription.id`. */
  subscriptionId: string;
  signature: string;
  slot: bigint;
  /** `null` if the transaction succeeded. */
  err: unknown;
}

/** The session's bank reached a slot (`slotSubscribe`). */
export interface SlotUpdateEvent {
  type: "slotUpdate";
  /** `Subscription.id`. */
  subscriptionId: string;
  slot: bigint;
  parent: bigint;
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
  | { type: "continuity"; kind: "resumed"; channel: string; subscriptionId?: string; after?: bigint }
  /**
   * A continue request was written to a connection that was then lost, so it is unknown whether the server received the request.
   * Only `run()` sends it again.
   */
  | { type: "continuity"; kind: "continueUncertain"; request: "continue" | "continueTo" }
  /**
   * The server no longer has all missed events: events from `expected` up to `got` are lost. The two values are sequence ids for
   * the control channel, and slots for a subscription.
   */
  | { type: "continuity"; kind: "gap"; channel: string; subscriptionId?: string; expected: bigint; got: bigint };

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

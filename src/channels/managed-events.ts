import type { AccountDiff, UiAccount } from "../protocol/account-diff.js";
import type { ActionResult } from "../protocol/action-result.js";
import type { BacktestError } from "../protocol/backtest-error.js";
import type { DiagnosticSample } from "../protocol/diagnostic-sample.js";
import type { Replacement } from "../protocol/replacement.js";
import type { BacktestStatus } from "../protocol/responses.js";
import type { SessionSummary } from "../protocol/session-summary.js";
import type { DiscoveryFilter, EncodedBinary } from "../protocol/shapes.js";
import type { ConfirmedTransaction } from "../protocol/transaction.js";

/** The server waits for a continue. */
export interface ReadyForContinueEvent {
  type: "readyForContinue";
}

/** The session is at the target of a `continueTo`: before batch `batchIndex` of the slot, or after the whole slot. */
export interface PausedEvent {
  type: "paused";
  slot: bigint;
  batchIndex?: number;
}

/** A batch ahead matches a filter of the create's `discoveries`; `continueTo(slot, batchIndex)` stops just before it. */
export interface DiscoveryBatchEvent {
  type: "discoveryBatch";
  slot: bigint;
  batchIndex: number;
  matched: DiscoveryFilter[];
  /** The matching transactions, in the server's own encoding with metadata. */
  transactions: EncodedBinary[];
  /** Their positions in the block; empty from an older server. */
  transactionIndices: number[];
}

/** A block was executed. A skipped slot has none, and sends none. */
export interface SlotEvent {
  type: "slot";
  slot: bigint;
}

/** The server's progress. */
export interface StatusEvent {
  type: "status";
  status: BacktestStatus;
}

/** The range is done. Always the last event, after the end of every subscription. */
export interface CompletedEvent {
  type: "completed";
  /** With `sendSummary` only. */
  summary?: SessionSummary;
}

/** An error that the server reports. A terminal one fails the session. */
export interface ErrorEvent {
  type: "error";
  error: BacktestError;
}

/** A transaction that mentions a subscribed program. */
export interface TransactionEvent {
  type: "transaction";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The program of the subscription. A transaction that mentions two programs is delivered for each. */
  program: string;
  transaction: ConfirmedTransaction;
}

/** A change of a subscribed account, or of an account of a subscribed program. */
export interface AccountDiffEvent {
  type: "accountDiff";
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The program of the subscription; absent for single accounts. */
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

/** What replaced a historical swap. */
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
  /** `null` if it succeeded. */
  err: unknown;
  logs: string[];
}

/** A subscribed account's state (`accountSubscribe`): one per slot, or one per write with `intraSlotUpdates`. */
export interface AccountEvent {
  type: "account";
  /** `Subscription.id`. */
  subscriptionId: string;
  address: string;
  slot: bigint;
  account: UiAccount;
}

/** The state of an account of a subscribed program (`programSubscribe`): one per slot, or one per write with `intraSlotUpdates`. */
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
  /** `null` if it succeeded. */
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

/** A frame that this version cannot read: not JSON, of an unknown method, or malformed. It was counted and skipped. */
export interface UnrecognizedEvent {
  type: "unrecognized";
  /** `Subscription.id`; absent for a frame of the control channel. */
  subscriptionId?: string;
  /** The frame's text, cut after 4,096 characters. */
  raw: string;
  reason: string;
}

/** What a lost connection meant for the stream. `subscriptionId` is `Subscription.id`, and absent for the control channel. */
export type ContinuityEvent =
  /** The channel was resumed after `after`: a sequence id, or a slot. Nothing was lost. */
  | { type: "continuity"; kind: "resumed"; channel: string; subscriptionId?: string; after?: bigint }
  /**
   * A continue was written to a connection that was then lost, and whether the server received it is unknown. It is not
   * sent again, except by `run()`.
   */
  | { type: "continuity"; kind: "continueUncertain"; request: "continue" | "continueTo" }
  /**
   * The server no longer has all that was missed: events from `expected` up to `got` are lost. Sequence ids for the control
   * channel, slots for a subscription.
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

/** Everything that a subscription delivers. */
export type SubscriptionEvent = NotificationEvent | UnrecognizedEvent | ContinuityEvent;

/** Everything that the control channel delivers. */
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

/** Everything that a session delivers: plain objects that can be spread, cloned and posted to a worker. */
export type ManagedEvent = ControlEvent | NotificationEvent;

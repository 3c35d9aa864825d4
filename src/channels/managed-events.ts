import type { AccountDiff, UiAccount } from "../protocol/account-diff.js";
import type { ActionResult, DiagnosticSample } from "../protocol/action-result.js";
import type { BacktestError } from "../protocol/backtest-error.js";
import type { Replacement } from "../protocol/replacement.js";
import type { BacktestStatus } from "../protocol/responses.js";
import type { SessionSummary } from "../protocol/session-summary.js";
import type { DiscoveryFilter, EncodedBinary } from "../protocol/shapes.js";
import type { ConfirmedTransaction } from "../protocol/transaction.js";

/** The server waits for a continue. */
export interface ReadyForContinueEvent {
  type: "readyForContinue";
}

/** The session stands at the target of a `continueTo`: before batch `batchIndex` of the slot, or after the whole slot. */
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
  /** Their places in the block; empty from an older server. */
  transactionIndices: number[];
}

/** A block was executed. A skipped slot has none, and sends none. */
export interface SlotEvent {
  type: "slot";
  slot: bigint;
}

/** A step of the server's work. */
export interface StatusEvent {
  type: "status";
  status: BacktestStatus;
}

/** The range is done; comes last, after every subscription's end. */
export interface CompletedEvent {
  type: "completed";
  /** With `sendSummary` only. */
  summary?: SessionSummary;
}

/** An error of the server's own. A terminal one is followed by the session's failure. */
export interface ErrorEvent {
  type: "error";
  error: BacktestError;
}

/** A transaction that mentions a subscribed program. */
export interface TransactionEvent {
  type: "transaction";
  /** The program that it was subscribed by; one that mentions two comes for each. */
  program: string;
  transaction: ConfirmedTransaction;
}

/** A change of a subscribed account, or of an account of a subscribed program. */
export interface AccountDiffEvent {
  type: "accountDiff";
  /** The program that it was subscribed by; absent for single accounts. */
  program?: string;
  diff: AccountDiff;
}

/** What a scheduled action did. */
export interface ActionResultEvent {
  type: "actionResult";
  result: ActionResult;
}

/** What a diagnostic probe found. */
export interface DiagnosticEvent {
  type: "diagnostic";
  sample: DiagnosticSample;
}

/** What stood in for a historical swap. */
export interface ReplacementEvent {
  type: "replacement";
  replacement: Replacement;
}

/** Logs of a transaction that mentions a subscribed address (`logsSubscribe`). */
export interface LogsEvent {
  type: "logs";
  address: string;
  slot: bigint;
  signature: string;
  /** `null`: it succeeded. */
  err: unknown;
  logs: string[];
}

/** A subscribed account's state (`accountSubscribe`): one a slot, or one a write with `intraSlotUpdates`. */
export interface AccountEvent {
  type: "account";
  address: string;
  slot: bigint;
  account: UiAccount;
}

/** The state of an account of a subscribed program (`programSubscribe`), likewise. */
export interface ProgramAccountEvent {
  type: "programAccount";
  program: string;
  address: string;
  slot: bigint;
  account: UiAccount;
}

/** A subscribed transaction was executed (`signatureSubscribe`). */
export interface SignatureEvent {
  type: "signature";
  signature: string;
  slot: bigint;
  /** `null`: it succeeded. */
  err: unknown;
}

/** The session's bank moved on (`slotSubscribe`). */
export interface SlotUpdateEvent {
  type: "slotUpdate";
  slot: bigint;
  parent: bigint;
  root: bigint;
}

/** A frame that this version can't read: not JSON, of an unknown method, or malformed. It was counted and skipped. */
export interface UnrecognizedEvent {
  type: "unrecognized";
  /** The frame's text. */
  raw: string;
  reason: string;
}

/** What a lost connection meant for the stream. */
export type ContinuityEvent =
  /** The channel is back, and goes on after `after`: a sequence id, or a slot. Nothing was lost. */
  | { type: "continuity"; kind: "resumed"; channel: string; after?: bigint }
  /**
   * A continue was written to a connection that then died, and nothing tells whether the server got it. It is not sent
   * again, except by `run()`.
   */
  | { type: "continuity"; kind: "continueUncertain"; request: "continue" | "continueTo" }
  /** The server no longer had all that was missed: events from `expected` up to `got` are lost. */
  | { type: "continuity"; kind: "gap"; channel: string; expected: bigint; got: bigint };

/** What subscriptions bring. */
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

/** What the control channel brings. */
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

/** All that a session tells, as plain objects: they can be spread, cloned, sent to a worker. */
export type ManagedEvent = ControlEvent | NotificationEvent;

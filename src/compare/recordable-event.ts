import type { AccountDiff } from "../protocol/account-diff.js";
import type { SessionSummary } from "../protocol/session-summary.js";
import type { ConfirmedTransaction } from "../protocol/transaction.js";

/** Events that are recorded as they are, or not at all. */
type OtherEventType =
  | "account"
  | "actionResult"
  | "diagnostic"
  | "discoveryBatch"
  | "error"
  | "logs"
  | "paused"
  | "programAccount"
  | "readyForContinue"
  | "replacement"
  | "signature"
  | "slotUpdate"
  | "status"
  | "unrecognized";

/** The events of a session, as far as a record needs them. Every event of `simulator-client` is one. */
export type RecordableEvent =
  | { readonly type: "transaction"; readonly program: string; readonly transaction: ConfirmedTransaction }
  | { readonly type: "accountDiff"; readonly program?: string | undefined; readonly diff: AccountDiff }
  | { readonly type: "slot"; readonly slot: bigint }
  | { readonly type: "completed"; readonly summary?: SessionSummary | undefined }
  | { readonly type: "continuity"; readonly kind: "resumed" | "continueUncertain" | "gap" }
  | { readonly type: OtherEventType };

/** What was run: the first line of a record. Two records can be compared if they agree in it. */
export interface RunHeader {
  readonly startSlot?: bigint | undefined;
  /** Inclusive. */
  readonly endSlot?: bigint | undefined;
  /** Programs whose events are recorded. */
  readonly programs?: readonly string[] | undefined;
  /** Kinds of recorded events: `transaction`, `accountDiff`. */
  readonly streams?: readonly string[] | undefined;
  /** What was changed before the run, one line each. Absent: nothing. */
  readonly changes?: readonly string[] | undefined;
}

/** A sub-session of a parallel run. */
export interface RecordedSession {
  readonly sessionId: string;
  readonly startSlot: bigint;
  /** Inclusive. */
  readonly endSlot: bigint;
}

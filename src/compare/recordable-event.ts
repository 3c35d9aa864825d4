import type { AccountDiff } from "../protocol/account-diff-notification.js";
import type { SessionSummary } from "../protocol/session-summary.js";
import type { ConfirmedTransaction } from "../protocol/transaction-notification.js";

/** The types of the events of which a record needs only the `type`. */
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

/** The events of a session, with the members that a record needs. Every event of `simulator-client` is assignable to it. */
export type RecordableEvent =
  | {
      readonly type: "transaction";
      /** The subscribed program. */
      readonly program: string;
      /** The transaction and its outcome. */
      readonly transaction: ConfirmedTransaction;
    }
  | {
      readonly type: "accountDiff";
      /** The subscribed program. */
      readonly program?: string | undefined;
      /** The change of the account. */
      readonly diff: AccountDiff;
    }
  | {
      readonly type: "slot";
      /** The executed slot. */
      readonly slot: bigint;
    }
  | {
      readonly type: "completed";
      /** The summary that the server sent. */
      readonly summary?: SessionSummary | undefined;
    }
  | {
      readonly type: "continuity";
      /**
       * What happened to the stream. `resumed`: nothing was lost. `continueUncertain`: a continue request may not have reached
       * the server. `gap`: events were lost.
       */
      readonly kind: "resumed" | "continueUncertain" | "gap";
    }
  | {
      /** The type of any other event. */
      readonly type: OtherEventType;
    };

/**
 * The header of a record, in its first line. It describes the run. Two runs can be compared completely if their headers are
 * equal.
 */
export interface RunHeader {
  /** The first slot. */
  readonly startSlot?: bigint | undefined;
  /** Inclusive. */
  readonly endSlot?: bigint | undefined;
  /** Programs whose events are recorded. */
  readonly programs?: readonly string[] | undefined;
  /** Kinds of events that are recorded: `transaction`, `accountDiff`. */
  readonly streams?: readonly string[] | undefined;
  /** Descriptions of the changes that were made for the run, one line each. Absent if nothing was changed. */
  readonly changes?: readonly string[] | undefined;
}

/** A session of a parallel run, with its slot range. */
export interface RecordedSession {
  /** The id of the session. */
  readonly sessionId: string;
  /** The first slot. */
  readonly startSlot: bigint;
  /** Inclusive. */
  readonly endSlot: bigint;
}

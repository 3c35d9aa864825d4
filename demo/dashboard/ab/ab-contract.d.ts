// Messages between the page and the worker that executes A/B runs, stores records and compares them.

import type { AccountData } from "../../../dist/browser.js";
import type {
  BalanceDifference,
  DifferenceCounts,
  DifferenceKind,
  Injection,
  ProfitAndLoss,
  TransactionDifference,
} from "../../../dist/browser-compare.js";
import type { Settings } from "../contract.js";

export type SideName = "baseline" | "candidate";

/** The changes to test. The candidate run uses these changes, and the baseline run uses none. */
export interface Changes {
  programs: Record<string, Uint8Array>;
  accounts: Record<string, AccountData>;
  transactions: Injection<string>[];
  /** Describes each change in one line. These lines are stored in the record. */
  descriptions: string[];
}

/** A message from the page to the worker. */
export type AbCommand =
  /** The page forwards its lifecycle events over this port. */
  | { type: "pageEvents"; port: MessagePort }
  | { type: "list" }
  /** Runs the same slots twice: without the changes, and with the changes. Stores and compares both records. */
  | { type: "run"; settings: Settings; changes: Changes; isConcurrent: boolean }
  | { type: "cancel" }
  /** Stores a record file. */
  | { type: "import"; file: File }
  /** Compares two stored runs, by id. */
  | { type: "compare"; a: number; b: number }
  /** Requests both sides of a difference in the latest comparison. */
  | { type: "open"; index: number }
  /** Requests the record of a stored run as a file. */
  | { type: "export"; id: number }
  /** Requests the latest comparison as a Markdown report. */
  | { type: "report" }
  | { type: "delete"; id: number }
  | { type: "clear" };

/** A message from the worker to the page. */
export type AbMessage =
  | { type: "runs"; runs: StoredRun[]; maxBytes: number }
  /** Stored runs were dropped to make room for a new one. */
  | { type: "dropped"; names: string[] }
  | { type: "progress"; sides: Partial<Record<SideName, SideProgress>> }
  /** A run, an import or a comparison ended, whether it succeeded or not. */
  | { type: "idle" }
  | { type: "imported"; id: number }
  | { type: "compared"; comparison: ComparedRuns }
  | { type: "bothSides"; index: number; difference: TransactionDifference }
  | { type: "exported"; name: string; file: Blob }
  | { type: "failed"; command: AbCommand["type"]; code: string; message: string };

/** A recorded run in the browser's storage. */
export interface StoredRun {
  id: number;
  /** When the run was stored, in ms since 1970. */
  at: number;
  kind: SideName | "file";
  /** `Baseline`, `Candidate`, or the name of the record file. */
  name: string;
  /** Names the simulator of the run. Empty for a record file. */
  sourceLabel: string;
  startSlot?: bigint;
  endSlot?: bigint;
  programs: string[];
  /** The changes to programs, accounts or transactions in this run, one line each. */
  changes: string[];
  transactions: number;
  failed: number;
  bytes: number;
  /** Number of pieces in which the record is stored. */
  chunks: number;
  state: "recording" | "complete" | "incomplete";
}

/** The progress of one side of an A/B run. */
export interface SideProgress {
  state: "waiting" | "running" | "reconnecting" | "completed" | "failed";
  /** Number of processed slots. */
  done: bigint;
  total: bigint;
  transactions: number;
  failed: number;
  bytes: number;
  /** Why the connection was lost, or why the run failed. */
  reason?: string;
  /** The transactions that were injected so far. */
  injected: InjectedRow[];
}

export interface InjectedRow {
  slot: bigint;
  signature: string;
  outcome: "succeeded" | "failed" | "unknown";
}

/** The comparison of two stored runs, without the transactions. The worker keeps the transactions until the next comparison. */
export interface ComparedRuns {
  a: StoredRun;
  b: StoredRun;
  same: number;
  different: number;
  counts: DifferenceCounts;
  /** Reasons why the runs are not fully comparable. */
  warnings: string[];
  /** Whether the page shows differences as better or worse. `false` if the runs have different ranges or ledgers. */
  isRated: boolean;
  rows: DifferenceRow[];
  balances: BalanceRow[];
  /** Balance changes by account, for the accounts whose changes differ between the runs. */
  pnl: ProfitAndLoss[];
  pnlOmitted: number;
}

export interface DifferenceRow {
  /** Identifies the row in the command `open`. */
  index: number;
  kind: DifferenceKind;
  kinds: DifferenceKind[];
  slot: bigint;
  signature: string;
  /** Describes the difference in one line. */
  note: string;
}

export interface BalanceRow extends BalanceDifference {
  /** `DifferenceRow.index` of the transaction. */
  index: number;
  slot: bigint;
}

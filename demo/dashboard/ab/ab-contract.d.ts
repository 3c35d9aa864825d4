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

/** The changes of the candidate. */
export interface Changes {
  programs: Record<string, Uint8Array>;
  accounts: Record<string, AccountData>;
  transactions: Injection<string>[];
  /** One line for each change. They are stored in the record. */
  descriptions: string[];
}

/** From the page to the worker. */
export type AbCommand =
  /** The page forwards its lifecycle events over this port. */
  | { type: "pageEvents"; port: MessagePort }
  | { type: "list" }
  /** Runs the slots of the settings without changes and with changes, stores both records and compares them. */
  | { type: "run"; settings: Settings; changes: Changes; isConcurrent: boolean }
  | { type: "cancel" }
  /** Stores a record file. */
  | { type: "import"; file: File }
  /** Compares two stored runs, by id. */
  | { type: "compare"; a: number; b: number }
  /** Sends both sides of a difference of the latest comparison. */
  | { type: "open"; index: number }
  /** Sends the record of a stored run as a file. */
  | { type: "export"; id: number }
  /** Sends the latest comparison as a Markdown report. */
  | { type: "report" }
  | { type: "delete"; id: number }
  | { type: "clear" };

/** From the worker to the page. */
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
  /** When it was stored, in ms since 1970. */
  at: number;
  kind: SideName | "file";
  /** `Baseline`, `Candidate`, or the name of the file. */
  name: string;
  /** The simulator. Empty for a file. */
  sourceLabel: string;
  startSlot?: bigint;
  endSlot?: bigint;
  programs: string[];
  /** One line for each change. */
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
  /** Whether a new failure counts as worse. `false` if the runs have different ranges or ledgers. */
  isRated: boolean;
  rows: DifferenceRow[];
  balances: BalanceRow[];
  /** Balance changes of both runs by account, only those that differ. */
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
  /** What changed, in one line. */
  note: string;
}

export interface BalanceRow extends BalanceDifference {
  /** The row of the transaction. */
  index: number;
  slot: bigint;
}

// Messages between the page and its worker. The worker has the session, the rows and the charts' series. The page has only what is
// visible, and receives at most one snapshot per frame, whatever the notification rate.

import type { AuthMode, SessionCheckpoint, SessionSummary } from "../../dist/browser.js";
import type { Fault } from "../../dist/browser-local.js";

/** The simulator of a run. */
export type Source =
  | {
      kind: "inPage";
      seed: string;
      /** 1 to 10,000. */
      transactionsPerSlot: number;
      /** Delay between blocks, in ms. */
      slotDelayMs: number;
      /** Share of slots without a block, 0 to 1. */
      skipRate: number;
    }
  | {
      kind: "url";
      url: string;
      /** Empty: no key. */
      apiKey: string;
      auth: AuthMode;
    };

export interface Settings {
  source: Source;
  startSlot: bigint;
  /** Number of slots. The last one is `startSlot + slotCount - 1`. */
  slotCount: bigint;
  /** Addresses. Empty: all programs of the simulator in the page. A simulator at a URL needs at least one. */
  programs: string[];
  /** Subscriptions. */
  streams: { transactions: boolean; accountDiffs: boolean };
  /** Programs whose transactions the server reports in advance: `discoveries` of the create parameters. */
  discoverPrograms: string[];
  /** Slots per continue while the run plays. */
  step: number;
  /** Whether the server splits the range into sub-ranges that run in parallel. */
  parallel: boolean;
  /** Rows per table. */
  rows: number;
}

/** From the page to the worker. */
export type Command =
  /** The first message. Page events are forwarded over this port. */
  | { type: "pageEvents"; port: MessagePort }
  | { type: "start"; settings: Settings }
  /** Resumes the run of a previous page load. */
  | { type: "resume"; saved: SavedRun }
  | { type: "play" }
  | { type: "pause" }
  | { type: "step"; slots: number }
  | { type: "continueTo"; slot: bigint }
  | { type: "nextDiscovery" }
  /** Closes the session on the server. Received data stays. */
  | { type: "stop" }
  | { type: "fault"; fault: Fault }
  /** Sets the rows that snapshots contain. */
  | { type: "setWindow"; table: TableName; window: TableWindow }
  /** An empty text removes the filter. */
  | { type: "filter"; table: TableName; text: string }
  /** Selects the row whose detail snapshots contain. */
  | { type: "select"; selection: { table: TableName; id: number } | undefined }
  /** Selects the account whose balance is charted. */
  | { type: "chartAccount"; account: string | undefined }
  | { type: "export"; table: TableName; format: "ndjson" | "csv" }
  /** The last snapshot was painted. The worker sends the next one only then. */
  | { type: "painted" };

export type TableName = "transactions" | "accountDiffs" | "logs";

/** Rows in the order newest first. Row 0 is the newest of the first `asOf` matching rows; with `asOf: undefined`, the newest of all. */
export interface TableWindow {
  first: number;
  count: number;
  asOf: number | undefined;
}

/** From the worker to the page. */
export type Message =
  | { type: "snapshot"; snapshot: Snapshot }
  | { type: "charts"; charts: Charts }
  /** To be stored for a reload. `undefined`: there is nothing to resume. */
  | { type: "save"; saved: SavedRun | undefined }
  | { type: "exported"; table: TableName; format: "ndjson" | "csv"; text: string; rows: number; dropped: number }
  /** A command failed. */
  | { type: "refused"; command: Command["type"]; message: string };

export type Phase =
  /** Nothing was started yet. */
  | "idle"
  | "starting"
  /** Waiting for the user to continue. */
  | "stopped"
  | "playing"
  /** A pause was requested; the server is finishing the current step. */
  | "pausing"
  /** Executing a step, or continuing to a slot or a discovery. */
  | "stepping"
  | "stopping"
  | "completed"
  /** Stopped by the user. */
  | "ended"
  | "failed";

/** Everything that the page shows except the charts. */
export interface Snapshot {
  /** Number of the run, counted from 1 since the page was loaded. */
  run: number;
  phase: Phase;
  settings?: Settings;
  session?: { id: string; startSlot: bigint; endSlot: bigint; isResumed: boolean };
  /** The last start-up stage that the server reported: `preparingBundle` … */
  stage?: string;
  error?: { code: string; message: string };
  progress: Progress;
  channels: ChannelState[];
  /** Oldest first, at most 200 entries. */
  connectionLog: LogEntry[];
  counters: Counters;
  tables: Record<TableName, TableState>;
  detail?: Detail;
  /** The accounts with the most balance changes, at most 100. */
  accounts: { address: string; changes: number }[];
  chartedAccount?: string;
  /** Empty unless the run is parallel. */
  subRanges: SubRange[];
  discoveries: { slot: bigint; batchIndex: number; transactions: number; isAhead: boolean }[];
  /** Present once the run has ended. */
  result?: RunResult;
  /** Faults that can be injected: all in the page's own simulator, `close` at a URL. */
  faults: "all" | "close" | "none";
}

export interface Progress {
  /** The last executed slot. */
  slot?: bigint;
  /** Processed slots: executed plus skipped. */
  done: bigint;
  total: bigint;
  /** Slots without a block. */
  skipped: number;
  slotsPerSecond: number;
  notificationsPerSecond: number;
  /** Time since the last notification or slot, in ms. */
  idleMs: number;
  /** Absent unless the run is playing. */
  secondsLeft?: number;
}

export interface ChannelState {
  /** `control`, `transaction`, `accountDiff`; in a parallel run followed by the number of the sub-range. */
  name: string;
  state: "up" | "down" | "failed" | "closed";
  phase?: "connecting" | "handshaking" | "backingOff" | "parked" | "suspended";
  attempt?: number;
  reason?: string;
  /** ms since 1970. */
  retryAt?: number;
  reconnects: number;
}

export interface LogEntry {
  /** ms since 1970. */
  at: number;
  channel: string;
  tone: "good" | "neutral" | "bad";
  text: string;
}

export interface Counters {
  frames: number;
  bytes: number;
  reconnects: number;
  duplicatesDropped: number;
  gaps: number;
  malformed: number;
  /** Events received and not yet delivered. */
  queued: number;
  transactions: number;
  failedTransactions: number;
  accountDiffs: number;
}

export interface TableState {
  /** Rows that matched the filter since the run began, the unit of `TableWindow.asOf`. */
  total: number;
  /** How many of these are still in memory. */
  available: number;
  /** Rows dropped from memory, ignoring the filter. */
  dropped: number;
  filter: string;
  window: TableWindow;
  /** The rows of the window, newest first. */
  rows: TransactionRow[] | AccountDiffRow[] | LogRow[];
}

export interface TransactionRow {
  /** Identifies the row in `select`. */
  id: number;
  slot: bigint;
  index?: number;
  signature: string;
  /** Absent if the transaction succeeded. */
  error?: string;
  /** Lamports. */
  fee?: bigint;
  computeUnits?: bigint;
  /** Programs invoked by top-level instructions, without duplicates. */
  programs: string[];
  subRange?: number;
}

export interface AccountDiffRow {
  id: number;
  slot: bigint;
  account: string;
  signature?: string;
  owner?: string;
  /** Lamports. Absent if the account did not exist. */
  before?: bigint;
  after?: bigint;
  /** Absent if the account did not exist. */
  bytesBefore?: number;
  bytesAfter?: number;
  /** Number of bytes that differ. */
  changedBytes: number;
  subRange?: number;
}

export interface LogRow {
  id: number;
  slot: bigint;
  signature: string;
  text: string;
  isFailure: boolean;
  subRange?: number;
}

export type Detail =
  | {
      table: "transactions";
      row: TransactionRow;
      blockTime?: bigint;
      version?: string;
      /** Lamports by account. The address is `account N` if it is unknown. */
      balances: { address: string; before: bigint; after: bigint }[];
      logs: string[];
      /** Account diffs of this transaction that are still in memory. */
      diffs: AccountDiffRow[];
    }
  | {
      table: "accountDiffs";
      row: AccountDiffRow;
      /** Absent if the account did not exist. At most 4,096 bytes. */
      dataBefore?: Uint8Array;
      dataAfter?: Uint8Array;
      isCut: boolean;
    }
  | { table: "logs"; row: LogRow; logs: string[] };

export interface SubRange {
  index: number;
  startSlot: bigint;
  endSlot: bigint;
  slot?: bigint;
  done: bigint;
  total: bigint;
  notifications: number;
  state: "waiting" | "up" | "down" | "completed" | "failed";
  reconnects: number;
}

/** Columns of equal length for uPlot, oldest first. Sent about four times a second while they change. */
export interface Charts {
  /** x: first slot of each bucket of `slotsPerBucket` slots; y: sums over the bucket. */
  slots: { slotsPerBucket: number; x: Float64Array; succeeded: Float64Array; failed: Float64Array; computeUnits: Float64Array };
  /** x: slot, y: lamports after it, rounded to a double. */
  lamports: { account?: string; x: Float64Array; y: Float64Array };
  /** x: s since 1970, y: notifications in that second. */
  rate: { x: Float64Array; y: Float64Array };
}

/** The totals of a run, for comparison with other runs. */
export interface RunResult {
  /** ms since 1970. */
  endedAt: number;
  outcome: "completed" | "ended" | "failed";
  sourceLabel: string;
  startSlot: bigint;
  endSlot: bigint;
  programs: string[];
  durationMs: number;
  slots: number;
  skipped: number;
  transactions: number;
  failedTransactions: number;
  accountDiffs: number;
  computeUnits: bigint;
  fees: bigint;
  reconnects: number;
  duplicatesDropped: number;
  gaps: number;
  /** The server's summary, if it sends one. */
  server?: SessionSummary;
}

/** What a reload needs to resume a run: a checkpoint, and the totals at that time. */
export interface SavedRun {
  settings: Settings;
  checkpoint: SessionCheckpoint;
  totals: unknown;
  wasPlaying: boolean;
}

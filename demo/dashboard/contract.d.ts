// What the page and its worker say to one another. The worker holds the session, the rings and the series; the page holds what is
// on the screen, and is told at most once a frame of that alone: 20,000 notifications a second are none of its business.

import type { AuthMode, SessionCheckpoint, SessionSummary } from "../../dist/browser.js";
import type { Fault } from "../../dist/browser-local.js";

/** Where the simulator is. */
export type Source =
  | {
      kind: "inPage";
      seed: string;
      /** Blocks' transactions, 1 to 10,000. */
      transactionsPerSlot: number;
      /** Pause after each block, in ms. */
      slotDelayMs: number;
      /** Share of slots without a block, 0 to 1. */
      skipRate: number;
    }
  | {
      kind: "url";
      url: string;
      /** Empty: none. */
      apiKey: string;
      auth: AuthMode;
    };

/** What is asked for when a run is started. */
export interface Settings {
  source: Source;
  startSlot: bigint;
  /** The last slot is `startSlot + slotCount`. */
  slotCount: bigint;
  /** Addresses. Empty: those that the simulator in the page says it has; a run on a URL needs at least one. */
  programs: string[];
  /** What is subscribed to. */
  streams: { transactions: boolean; accountDiffs: boolean };
  /** Programs whose transactions are told of ahead, to stop at: the create's `discoveries`. */
  discoverPrograms: string[];
  /** Slots between two stops while it plays. */
  step: number;
  /** Whether the server splits the range into sessions that run side by side. */
  parallel: boolean;
  /** Rows that each table keeps. */
  rows: number;
}

/** From the page. */
export type Command =
  /** Comes first: over this the page's life is told (`forwardPageEvents`). */
  | { type: "page"; port: MessagePort }
  | { type: "start"; settings: Settings }
  /** Goes on where another load of this page left off. */
  | { type: "resume"; kept: SavedRun }
  | { type: "play" }
  | { type: "pause" }
  | { type: "step"; slots: number }
  | { type: "continueTo"; slot: bigint }
  | { type: "nextDiscovery" }
  /** Closes the session on the server; what was received stays. */
  | { type: "stop" }
  | { type: "fault"; fault: Fault }
  /** What the page shows of a table; the snapshots bring those rows. */
  | { type: "look"; table: TableName; window: TableWindow }
  /** What a table leaves out; an empty text leaves out nothing. */
  | { type: "filter"; table: TableName; text: string }
  /** The row whose detail is shown; `undefined`: none. */
  | { type: "select"; selection: { table: TableName; id: number } | undefined }
  /** The account whose lamports are charted; `undefined`: none. */
  | { type: "chartAccount"; account: string | undefined }
  | { type: "export"; table: TableName; format: "ndjson" | "csv" }
  /** The last snapshot has been taken: the next one may come. A page that is busy isn't sent what it can't show. */
  | { type: "shown" };

export type TableName = "transactions" | "accountDiffs" | "logs";

/** Newest first: row `first` of those that there were when `asOf` rows had passed the filter; `asOf: undefined` follows the stream. */
export interface TableWindow {
  first: number;
  count: number;
  asOf: number | undefined;
}

/** From the worker. */
export type Message =
  | { type: "snapshot"; snapshot: Snapshot }
  | { type: "charts"; charts: Charts }
  /** To be kept for a reload; `undefined`: nothing is left to come back to. */
  | { type: "keep"; kept: SavedRun | undefined }
  | { type: "exported"; table: TableName; format: "ndjson" | "csv"; text: string; rows: number; dropped: number }
  /** A command could not be done. */
  | { type: "refused"; command: Command["type"]; message: string };

/** What a run's controls go by. */
export type Phase =
  /** Nothing was started yet. */
  | "idle"
  | "starting"
  /** The session stands still and waits for a continue. */
  | "stopped"
  | "playing"
  /** A pause was asked for; the server finishes the slots that it was told to. */
  | "pausing"
  /** A step, or a way to a slot or to a discovery. */
  | "stepping"
  | "stopping"
  | "completed"
  /** The user has stopped it. */
  | "ended"
  | "failed";

/** All that the page shows but the charts. A plain object; what is unchanged is sent again. */
export interface Snapshot {
  /** Counts up with each run that is started in this page. */
  run: number;
  phase: Phase;
  settings?: Settings;
  session?: { id: string; startSlot: bigint; endSlot: bigint; isResumed: boolean };
  /** The server's last word on its start-up, in the wire's own spelling: `preparingBundle` … */
  stage?: string;
  error?: { code: string; message: string };
  progress: Progress;
  channels: ChannelState[];
  /** The newest last, 200 at most. */
  connectionLog: LogEntry[];
  counters: Counters;
  tables: Record<TableName, TableState>;
  detail?: Detail;
  /** Accounts that changed most, for the chart's choice: 100 at most. */
  accounts: { address: string; changes: number }[];
  chartedAccount?: string;
  /** Of a parallel run; else empty. */
  lanes: Lane[];
  discoveries: { slot: bigint; batchIndex: number; transactions: number; isAhead: boolean }[];
  /** When the run is over. */
  result?: RunResult;
  /** Faults can be struck: all of them in the page's own simulator, a close alone on a URL. */
  faults: "all" | "close" | "none";
}

export interface Progress {
  /** The last one executed. */
  slot?: bigint;
  done: bigint;
  total: bigint;
  /** Slots that had no block. */
  skipped: number;
  slotsPerSecond: number;
  notificationsPerSecond: number;
  /** Absent while nothing moves. */
  secondsLeft?: number;
}

export interface ChannelState {
  /** "control", "transaction", "accountDiff"; in a parallel run with its lane behind it. */
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
  /** Events received and not yet shown. */
  queued: number;
  transactions: number;
  failedTransactions: number;
  accountDiffs: number;
}

export interface TableState {
  /** Rows that passed the filter since the run began: what `TableWindow.asOf` counts. */
  total: number;
  /** Of those, the ones that the ring still holds. */
  held: number;
  /** Rows that fell out of the ring, whatever the filter. */
  dropped: number;
  filter: string;
  window: TableWindow;
  /** Of the window, newest first. */
  rows: TransactionRow[] | AccountDiffRow[] | LogRow[];
}

export interface TransactionRow {
  /** Names the row in `select`. */
  id: number;
  slot: bigint;
  index?: number;
  signature: string;
  /** Absent: it succeeded. */
  error?: string;
  /** Lamports. */
  fee?: bigint;
  computeUnits?: bigint;
  /** Those that it invoked itself, in order, each once. */
  programs: string[];
  lane?: number;
}

export interface AccountDiffRow {
  id: number;
  slot: bigint;
  account: string;
  signature?: string;
  owner?: string;
  /** Lamports; absent: the account wasn't there. */
  before?: bigint;
  after?: bigint;
  /** Bytes; absent: the account wasn't there. */
  bytesBefore?: number;
  bytesAfter?: number;
  /** Bytes that differ. */
  changedBytes: number;
  lane?: number;
}

export interface LogRow {
  id: number;
  slot: bigint;
  signature: string;
  text: string;
  isFailure: boolean;
  lane?: number;
}

export type Detail =
  | {
      table: "transactions";
      row: TransactionRow;
      blockTime?: bigint;
      version?: string;
      /** Lamports; address where it can be told. */
      balances: { address: string; before: bigint; after: bigint }[];
      logs: string[];
      /** Of this transaction, that are still held. */
      diffs: AccountDiffRow[];
    }
  | {
      table: "accountDiffs";
      row: AccountDiffRow;
      /** Absent: the account wasn't there. At most 4,096 bytes of each are sent. */
      dataBefore?: Uint8Array;
      dataAfter?: Uint8Array;
      isCut: boolean;
    }
  | { table: "logs"; row: LogRow; logs: string[] };

export interface Lane {
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

/** Columns of equal length for uPlot, oldest first. Sent some four times a second while something changes. */
export interface Charts {
  /** x: first slot of a bucket, y: sums over it. A bucket holds `slotsPerBucket` slots, more the longer the run. */
  slots: { slotsPerBucket: number; x: Float64Array; succeeded: Float64Array; failed: Float64Array; computeUnits: Float64Array };
  /** x: slot, y: lamports after it (rounded to a double). */
  lamports: { account?: string; x: Float64Array; y: Float64Array };
  /** x: s since 1970, y: notifications in that second. */
  rate: { x: Float64Array; y: Float64Array };
}

/** What came of a run, to compare with another one. */
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
  /** The server's own, where it sends one. */
  server?: SessionSummary;
}

/** What is kept for a reload: where the session stands, and what had been counted by then. */
export interface SavedRun {
  settings: Settings;
  checkpoint: SessionCheckpoint;
  totals: unknown;
  wasPlaying: boolean;
}

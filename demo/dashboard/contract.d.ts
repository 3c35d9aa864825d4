// Messages between the page and its worker. The worker has the session, the rows and the data of the charts. The page has only the
// visible data. It receives at most one snapshot per animation frame.

import type { AuthMode, SessionCheckpoint, SessionSummary } from "../../dist/browser.js";
import type { ExplainedAccount, ExplainedTransaction, FieldChange } from "../../dist/browser-explain.js";
import type { Fault } from "../../dist/browser-local.js";

/** The simulator of a run. */
export type Source =
  | {
      kind: "inPage";
      seed: string;
      /** Number of transactions in each block, from 1 to 10,000. */
      transactionsPerSlot: number;
      /** Delay between blocks, in ms. */
      slotDelayMs: number;
      /** Share of slots without a block, from 0 to 1. */
      skipRate: number;
    }
  | {
      kind: "url";
      url: string;
      /** Empty if there is no API key. */
      apiKey: string;
      auth: AuthMode;
    };

export interface Settings {
  source: Source;
  startSlot: bigint;
  /** Number of slots. The last slot is `startSlot + slotCount - 1`. */
  slotCount: bigint;
  /**
   * Addresses of the subscribed programs. For the simulator in the page, an empty list subscribes to all programs. For a simulator
   * at a URL, the list needs at least one address.
   */
  programs: string[];
  /** The subscriptions of the run. */
  streams: { transactions: boolean; accountDiffs: boolean };
  /** Programs whose transactions the server reports before it executes them (the parameter `discoveries`). */
  discoverPrograms: string[];
  /** Slots per continue request while the run plays. */
  step: number;
  /** Whether the server splits the range into sub-ranges that run in parallel. */
  parallel: boolean;
  /** Maximum number of rows in each table. */
  rows: number;
}

/** A message from the page to the worker. */
export type Command =
  /** The first message. The page forwards its lifecycle events over this port. */
  | { type: "pageEvents"; port: MessagePort }
  | { type: "start"; settings: Settings }
  /** Resumes the run of a previous page load. */
  | { type: "resume"; saved: SavedRun }
  | { type: "play" }
  | { type: "pause" }
  | { type: "step"; slots: number }
  | { type: "continueTo"; slot: bigint }
  | { type: "nextDiscovery" }
  /** Closes the session on the server. The page keeps the received data. */
  | { type: "stop" }
  | { type: "fault"; fault: Fault }
  /** Sets which rows of a table the snapshots contain. */
  | { type: "setWindow"; table: TableName; window: TableWindow }
  | { type: "filter"; table: TableName; filter: TableFilter }
  /** Selects a row. Each snapshot contains the detail of the selected row. */
  | { type: "select"; selection: { table: TableName; id: number } | undefined }
  /** Selects a transaction by its signature. If it is not in memory, it is selected when it arrives. `undefined` cancels the selection. */
  | { type: "selectTransaction"; signature: string | undefined }
  /** Selects the accounts whose balances are charted, at most 4. */
  | { type: "chartAccounts"; accounts: string[] }
  | { type: "export"; table: TableName; format: "ndjson" | "csv" }
  /** The page has painted the last snapshot. The worker sends the next snapshot only after this message. */
  | { type: "painted" };

export type TableName = "transactions" | "accountDiffs" | "logs";

export type FacetKind = "program" | "account" | "signer" | "instruction";

/** A row matches the filter if it matches all conditions. */
export interface TableFilter {
  /** The text to search for, in lower case. Empty if the filter has no text. */
  text: string;
  isFailedOnly: boolean;
  /** Conditions on addresses and instructions. `value` is an address, or the name of an instruction such as `transferChecked`. */
  facets: { kind: FacetKind; value: string }[];
  /** The first and the last slot, both inclusive. */
  slots?: SlotRange;
}

export interface SlotRange {
  first: bigint;
  last: bigint;
}

/** A range of rows. Row 0 is the newest row. */
export interface TableWindow {
  first: number;
  count: number;
  /** If set, only the first `asOf` received rows are numbered. Rows that arrive later are ignored. */
  asOf: number | undefined;
}

/** A message from the worker to the page. */
export type Message =
  | { type: "snapshot"; snapshot: Snapshot }
  | { type: "charts"; charts: Charts }
  /** Explains the selected row. Sent once per selection, after the snapshot with its detail. */
  | { type: "explained"; explained: Explained }
  /** Asks the page to store the run for a reload. `undefined` if there is nothing to resume. */
  | { type: "save"; saved: SavedRun | undefined }
  | { type: "exported"; table: TableName; format: "ndjson" | "csv"; text: string; rows: number; dropped: number }
  /** A command failed. */
  | { type: "refused"; command: Command["type"]; message: string };

export type Phase =
  /** No run has been started yet. */
  | "idle"
  | "starting"
  /** The run is waiting for the user to continue it. */
  | "stopped"
  | "playing"
  /** A pause was requested; the server is finishing the current step. */
  | "pausing"
  /** The server is executing a step, or continuing to a slot or a discovery. */
  | "stepping"
  | "stopping"
  | "completed"
  /** The user stopped the run. */
  | "ended"
  | "failed";

/** Everything that the page shows except the charts. */
export interface Snapshot {
  /** Counts the runs since the page was loaded. The first run has the number 1. */
  run: number;
  phase: Phase;
  settings?: Settings;
  session?: { id: string; startSlot: bigint; endSlot: bigint; isResumed: boolean };
  /** The last start-up stage that the server reported, for example `preparingBundle`. */
  stage?: string;
  /** `ranges`: the ranges of slots on the server, if the server refused the range of the run. */
  error?: { code: string; message: string; ranges?: SlotRange[] };
  progress: Progress;
  channels: ChannelState[];
  /** A log of connection changes, oldest first, at most 200 entries. */
  connectionLog: LogEntry[];
  counters: Counters;
  tables: Record<TableName, TableState>;
  detail?: Detail;
  /** The signature that `selectTransaction` is searching for. Absent if there is no search. */
  awaited?: string;
  /** The accounts with the most balance changes, at most 100. */
  accounts: { address: string; changes: number }[];
  chartedAccounts: string[];
  /** The sub-ranges of a parallel run. Empty for any other run. */
  subRanges: SubRange[];
  discoveries: { slot: bigint; batchIndex: number; transactions: number; isAhead: boolean }[];
  /** The result, if the run has ended. */
  result?: RunResult;
  /** The faults that can be injected. `all`: the simulator runs in the page. `close`: a server at a URL. `none`: no open run. */
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
  /** Estimated time until the end, in s. Set only while the run is playing. */
  secondsLeft?: number;
}

export interface ChannelState {
  /** `control`, `transaction` or `accountDiff`, followed by the number of the sub-range in a parallel run. */
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
  /** Number of events that were received and not yet delivered. */
  queued: number;
  transactions: number;
  failedTransactions: number;
  accountDiffs: number;
}

export interface TableState {
  /** Number of rows that have matched the filter since the run began. */
  total: number;
  /** How many of the matching rows are still in memory. */
  available: number;
  /** Number of rows dropped from memory, including rows that do not match the filter. */
  dropped: number;
  filter: TableFilter;
  /** Whether some rows in memory have not yet been compared with the filter. */
  isSearching: boolean;
  window: TableWindow;
  /** The rows of the window, newest first. */
  rows: TransactionRow[] | AccountDiffRow[] | LogRow[];
}

export interface TransactionRow {
  /** Identifies the row in the command `select`. */
  id: number;
  slot: bigint;
  index?: number;
  signature: string;
  /** The error code. Absent if the transaction succeeded. */
  error?: string;
  /** The error in words. Absent if `explain` cannot be loaded. */
  reason?: string;
  /** The fee in lamports. */
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
  /** Lamports before the change. Absent if the account did not exist. */
  before?: bigint;
  after?: bigint;
  /** The mint, if the account is a token account. */
  mint?: string;
  /** The token balance of the account before the change, in the smallest unit of the token. */
  tokensBefore?: bigint;
  tokensAfter?: bigint;
  /** The decimals of the mint, if they are known. */
  decimals?: number;
  /** Size of the data before the change. Absent if the account did not exist. */
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

export type Detail = {
  /** Index of the row among the matching rows of its table. The oldest row has index 0. Absent if the row does not match. */
  index?: number;
  /** The id of the next newer row that matches the filter. Absent if there is none. */
  newer?: number;
  /** The id of the next older row that matches the filter. Absent if there is none. */
  older?: number;
} & (
  | {
      table: "transactions";
      row: TransactionRow;
      blockTime?: bigint;
      version?: string;
      logs: string[];
      /** The account diffs of this transaction that are still in memory. */
      diffs: AccountDiffRow[];
    }
  | {
      table: "accountDiffs";
      row: AccountDiffRow;
      /** The data before the change, at most 4,096 bytes. Absent if the account did not exist. */
      dataBefore?: Uint8Array;
      dataAfter?: Uint8Array;
      isCut: boolean;
    }
  | { table: "logs"; row: LogRow; logs: string[] }
);

/** The explanation that the module `explain` gives for a selected row. */
export type Explained =
  | {
      table: "transactions";
      id: number;
      transaction: ExplainedTransaction;
      /** Mint and decimals of each token account of the transaction. */
      tokens: Record<string, Token>;
      /** The changed fields of the accounts whose diffs are still in memory, by row id. */
      diffs: Record<number, { kind?: string; changes: readonly FieldChange[] }>;
    }
  | { table: "accountDiffs"; id: number; account: ExplainedAccount; token?: Token }
  /** The explanation could not be loaded. */
  | { table: TableName; id: number; failure: string };

export interface Token {
  mint: string;
  decimals: number;
}

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
  /** `x` has the first slot of each bucket of `slotsPerBucket` slots. The other columns have the sums over each bucket. */
  slots: { slotsPerBucket: number; x: Float64Array; succeeded: Float64Array; failed: Float64Array; computeUnits: Float64Array };
  balances: {
    /** The slots at which one of the balances changed. */
    x: Float64Array;
    accounts: {
      account: string;
      /** The mint, if the account is a token account. Balances of any other account are in lamports. */
      mint?: string;
      /** The decimals of the mint, if they are known. */
      decimals?: number;
      /** The balance before the first change. */
      start: bigint;
      /** The balance after each slot, in lamports or in the smallest unit of the mint. */
      y: BigUint64Array;
    }[];
  };
  /** `x` has seconds since 1970, and `y` has the number of notifications in each second. */
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
  /** The server's summary. Absent if the server sends no summary. */
  server?: SessionSummary;
}

/** The data that a page needs to resume a run after a reload: a checkpoint, and the totals at the time of the checkpoint. */
export interface SavedRun {
  settings: Settings;
  checkpoint: SessionCheckpoint;
  totals: unknown;
  wasPlaying: boolean;
}

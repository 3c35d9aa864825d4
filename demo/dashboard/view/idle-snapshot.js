// @ts-check
// The snapshot that the page shows before the first run, because the worker sends no snapshot before a run starts.

import { NO_FILTER } from "../table-filter.js";

/** @typedef {import("../contract.d.ts").TableState} TableState */

/** @type {TableState} */
const EMPTY = {
  total: 0,
  available: 0,
  dropped: 0,
  filter: NO_FILTER,
  isSearching: false,
  window: { first: 0, count: 0, asOf: undefined },
  rows: [],
};

/** @type {import("../contract.d.ts").Snapshot} */
export const IDLE_SNAPSHOT = {
  run: 0,
  phase: "idle",
  progress: { done: 0n, total: 0n, skipped: 0, slotsPerSecond: 0, notificationsPerSecond: 0, idleMs: 0 },
  channels: [],
  connectionLog: [],
  counters: {
    frames: 0,
    bytes: 0,
    reconnects: 0,
    duplicatesDropped: 0,
    gaps: 0,
    malformed: 0,
    queued: 0,
    transactions: 0,
    failedTransactions: 0,
    accountDiffs: 0,
  },
  tables: { transactions: EMPTY, accountDiffs: EMPTY, logs: EMPTY },
  accounts: [],
  chartedAccounts: [],
  subRanges: [],
  discoveries: [],
  faults: "none",
};

import type { RunResult } from "../../demo/dashboard/contract.js";

/** Returns the result of a run, with some members replaced. */
export const runResult = (overrides: Partial<RunResult> = {}): RunResult => ({
  endedAt: 1_700_000_000_000,
  outcome: "completed",
  sourceLabel: "this page",
  startSlot: 300_000_000n,
  endSlot: 300_000_100n,
  programs: ["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"],
  durationMs: 1000,
  slots: 95,
  skipped: 5,
  transactions: 300,
  failedTransactions: 20,
  accountDiffs: 600,
  computeUnits: 1_500_000n,
  fees: 1_500_000n,
  reconnects: 1,
  duplicatesDropped: 3,
  gaps: 0,
  ...overrides,
});

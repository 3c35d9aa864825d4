import type { Ledger } from "./ledger.js";

/** Options of a generated ledger, all of them set. */
export interface LedgerPlan {
  seed: string;
  startSlot: bigint;
  endSlot: bigint;
  skipRate: number;
  transactionsPerSlot: number;
}

/** A block of a ledger folder: its file is read again when it is executed. */
export interface BlockEntry {
  slot: bigint;
  /** Unix seconds. */
  time: bigint | null;
}

/** A folder whose files were read and checked. */
export interface LedgerFolder {
  /** Absolute. */
  folder: string;
  /** In the order of their slots. */
  entries: readonly BlockEntry[];
  /** Programs of its transactions, the most used one first. */
  programs: readonly string[];
}

/** How another process can open a ledger. */
export type LedgerSource = { type: "generated"; plan: LedgerPlan } | ({ type: "folder" } & LedgerFolder);

/** By ledger, and not as a member of it: an object that wraps a ledger has other blocks, which cannot cross a process. */
const sources = new WeakMap<Ledger, LedgerSource>();

export function setLedgerSource<L extends Ledger>(ledger: L, source: LedgerSource): L {
  sources.set(ledger, source);
  return ledger;
}

/** @returns `undefined` for a ledger that another package or an application has made */
export function ledgerSourceOf(ledger: Ledger): LedgerSource | undefined {
  return sources.get(ledger);
}

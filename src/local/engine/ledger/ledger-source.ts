import type { Ledger } from "./ledger.js";

/** Options of a generated ledger, with all defaults filled in. */
export interface LedgerPlan {
  seed: string;
  startSlot: bigint;
  endSlot: bigint;
  skipRate: number;
  transactionsPerSlot: number;
}

/** A block in a ledger folder. Its file is read again when the block is executed. */
export interface BlockEntry {
  slot: bigint;
  /** Unix seconds. */
  time: bigint | null;
}

/** A ledger folder whose files have been read and checked. */
export interface LedgerFolder {
  /** The absolute path. */
  folder: string;
  /** The blocks, in the order of their slots. */
  entries: readonly BlockEntry[];
  /** Programs that the transactions invoke, the most frequently invoked one first. */
  programs: readonly string[];
}

/** How another process can open a ledger. */
export type LedgerSource = { type: "generated"; plan: LedgerPlan } | ({ type: "folder" } & LedgerFolder);

/**
 * The source of each ledger. The source is not a member of the ledger, because a changed copy such as `{ ...ledger, blockFrom }`
 * must not inherit the source.
 */
const sources = new WeakMap<Ledger, LedgerSource>();

export function setLedgerSource<L extends Ledger>(ledger: L, source: LedgerSource): L {
  sources.set(ledger, source);
  return ledger;
}

/** Returns the source of a ledger. `undefined` for a ledger that was not made by this package. */
export function ledgerSourceOf(ledger: Ledger): LedgerSource | undefined {
  return sources.get(ledger);
}

import type { AccountState, MaybePromise } from "../engine.js";

/**
 * The recorded outcome of a transaction: the `meta` of Solana's `getBlock`. Missing and null members are not compared.
 */
export interface RecordedMeta {
  /** A TransactionError of Solana in JSON, or null if it succeeded. */
  err: unknown;
  fee?: number | bigint | null;
  /** Lamports by the index of the account, or null if unknown. */
  preBalances?: readonly (number | bigint | null)[] | null;
  postBalances?: readonly (number | bigint | null)[] | null;
  preTokenBalances?: readonly RecordedTokenBalance[] | null;
  postTokenBalances?: readonly RecordedTokenBalance[] | null;
  logMessages?: readonly string[] | null;
  innerInstructions?: readonly { index: number; instructions: readonly { programIdIndex: number }[] }[] | null;
  loadedAddresses?: { writable: readonly string[]; readonly: readonly string[] } | null;
}

/** The compared members of a token balance. */
export interface RecordedTokenBalance {
  accountIndex: number;
  mint: string;
  uiTokenAmount: { amount: string };
}

/** A transaction of a ledger. */
export interface LedgerTransaction {
  /** The wire transaction. */
  wire: Uint8Array;
  /** The recorded outcome, if known. */
  meta?: RecordedMeta;
}

/** A block of a ledger. A skipped slot has none. */
export interface LedgerBlock {
  slot: bigint;
  /** Unix seconds. */
  blockTime: bigint | null;
  /** The block height. */
  blockHeight: bigint;
  parentSlot: bigint;
  /** Base58. */
  blockhash: string;
  previousBlockhash: string;
  transactions: readonly LedgerTransaction[];
}

/** A start of a session: the accounts before the block of a slot. */
export interface LedgerStart {
  /** At most the requested slot. The blocks between the two are executed first. */
  slot: bigint;
  accounts: Iterable<readonly [string, AccountState]>;
  /**
   * Addresses without an account. If absent, every address that is not in `accounts` has no account. Otherwise, an address in neither is
   * unknown.
   */
  absent?: ReadonlySet<string>;
  /** The known earlier blocks, newest last. */
  pastBlocks: readonly { slot: bigint; height: bigint; blockhash: string }[];
}

/** Blocks of real transactions, and the accounts that they need. A ledger is immutable. */
export interface Ledger {
  readonly startSlot: bigint;
  /** Inclusive. */
  readonly endSlot: bigint;
  /** Whether its transactions are from real blocks, so that their signatures need no verification. */
  readonly isCaptured: boolean;
  /** Programs of its transactions. Most blocks invoke the first one. */
  readonly programs: readonly string[];
  /** The time of a slot in Unix seconds, also of a skipped slot. */
  timeOf(slot: bigint): bigint;
  /** @throws SimulatorError if a file is not readable any more */
  begin(slot: bigint): MaybePromise<LedgerStart>;
  /** The first block from a slot on. Returns the same object while it is cached. @throws SimulatorError as `begin` */
  blockFrom(slot: bigint): MaybePromise<LedgerBlock | undefined>;
}

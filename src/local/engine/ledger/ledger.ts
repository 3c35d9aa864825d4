import type { AccountState, MaybePromise } from "../engine.js";

/**
 * What is known of a transaction's outcome: the `meta` of Solana's `getBlock`, as far as it is there. What is missing or
 * null is not compared.
 */
export interface RecordedMeta {
  /** Solana's TransactionError in JSON; null when it succeeded. */
  err: unknown;
  fee?: number | bigint | null;
  /** Lamports by the position of the account; null for one that isn't known. */
  preBalances?: readonly (number | bigint | null)[] | null;
  postBalances?: readonly (number | bigint | null)[] | null;
  preTokenBalances?: readonly RecordedTokenBalance[] | null;
  postTokenBalances?: readonly RecordedTokenBalance[] | null;
  logMessages?: readonly string[] | null;
  innerInstructions?: readonly { index: number; instructions: readonly { programIdIndex: number }[] }[] | null;
  loadedAddresses?: { writable: readonly string[]; readonly: readonly string[] } | null;
}

/** What is compared of a token balance. `getBlock` tells more of it. */
export interface RecordedTokenBalance {
  accountIndex: number;
  mint: string;
  uiTokenAmount: { amount: string };
}

/** A transaction of a ledger. */
export interface LedgerTransaction {
  /** The wire transaction. */
  wire: Uint8Array;
  /** What became of it when it was recorded; left out where nothing is known. */
  meta?: RecordedMeta;
}

/** A block of a ledger. A slot that was skipped has none. */
export interface LedgerBlock {
  slot: bigint;
  /** Unix seconds. */
  blockTime: bigint | null;
  /** How many blocks lie below it. */
  blockHeight: bigint;
  parentSlot: bigint;
  /** Base58. */
  blockhash: string;
  previousBlockhash: string;
  transactions: readonly LedgerTransaction[];
}

/** Where a session may begin: the accounts as they stand before a slot's block. */
export interface LedgerStart {
  /** No later than the slot that was asked for: the blocks between the two are to be executed first. */
  slot: bigint;
  accounts: Iterable<readonly [string, AccountState]>;
  /**
   * Addresses where there is no account. Left out: there is none wherever `accounts` doesn't have one. With it, an address
   * that neither has is one that the ledger knows nothing of.
   */
  absent?: ReadonlySet<string>;
  /** The blocks before, as far as they are known, the newest last. */
  pastBlocks: readonly { slot: bigint; height: bigint; blockhash: string }[];
}

/** Blocks of real transactions, and the accounts that they need. Ledgers don't change. */
export interface Ledger {
  readonly startSlot: bigint;
  /** Inclusive. */
  readonly endSlot: bigint;
  /** Whether its transactions stood in real blocks: their signatures were verified then, and are not again. */
  readonly isCaptured: boolean;
  /** Programs that its transactions invoke; the first one in most blocks. */
  readonly programs: readonly string[];
  /** Unix seconds of a slot, whether it has a block or not. */
  timeOf(slot: bigint): bigint;
  /** @throws SimulatorError if a file of it can't be read any more */
  begin(slot: bigint): MaybePromise<LedgerStart>;
  /** The first block from a slot on. The same object comes again while it is held. @throws SimulatorError as `begin` */
  blockFrom(slot: bigint): MaybePromise<LedgerBlock | undefined>;
}

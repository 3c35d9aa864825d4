import type { AccountState, MaybePromise } from "../engine.js";

/**
 * The recorded outcome of a transaction: the `meta` in a `getBlock` response. Members that are missing or null are not compared.
 */
export interface RecordedMeta {
  /** A Solana TransactionError in JSON, or null if the transaction succeeded. */
  err: unknown;
  /** The fee in lamports. */
  fee?: number | bigint | null;
  /** Balances in lamports, indexed like the accounts. Null if a balance is unknown. */
  preBalances?: readonly (number | bigint | null)[] | null;
  /** Balances after the transaction, like `preBalances`. */
  postBalances?: readonly (number | bigint | null)[] | null;
  /** The token balances before the transaction. */
  preTokenBalances?: readonly RecordedTokenBalance[] | null;
  /** The token balances after the transaction. */
  postTokenBalances?: readonly RecordedTokenBalance[] | null;
  /** The log lines. */
  logMessages?: readonly string[] | null;
  /** The instructions that programs invoked. */
  innerInstructions?: readonly { index: number; instructions: readonly { programIdIndex: number }[] }[] | null;
  /** The addresses that the transaction loaded from lookup tables. */
  loadedAddresses?: { writable: readonly string[]; readonly: readonly string[] } | null;
}

/** The members of a token balance that are compared. */
export interface RecordedTokenBalance {
  /** The index of the token account in the message. */
  accountIndex: number;
  /** The address of the mint. */
  mint: string;
  /** The amount, in the smallest unit of the mint. */
  uiTokenAmount: { amount: string };
}

/** A transaction of a ledger. */
export interface LedgerTransaction {
  /** The wire transaction. */
  wire: Uint8Array;
  /** The recorded outcome, if known. */
  meta?: RecordedMeta;
}

/** A block of a ledger. A skipped slot has no block. */
export interface LedgerBlock {
  /** The slot of the block. */
  slot: bigint;
  /** Unix seconds. */
  blockTime: bigint | null;
  /** The block height. */
  blockHeight: bigint;
  /** The slot of the parent block. */
  parentSlot: bigint;
  /** Base58. */
  blockhash: string;
  /** The blockhash of the parent block, in base58. */
  previousBlockhash: string;
  /** The transactions, in order. */
  transactions: readonly LedgerTransaction[];
}

/** The state from which a session starts: the accounts before the block of a slot. */
export interface LedgerStart {
  /** The slot of this state. To start at a later slot, a session first executes all blocks before the later slot. */
  slot: bigint;
  /** The accounts by address. */
  accounts: Iterable<readonly [string, AccountState]>;
  /**
   * Addresses without an account. An address that is in neither `accounts` nor `absent` is unknown. If `absent` is omitted,
   * `accounts` contains all accounts.
   */
  absent?: ReadonlySet<string>;
  /** The known earlier blocks, newest last. */
  pastBlocks: readonly { slot: bigint; height: bigint; blockhash: string }[];
}

/** Blocks with real transactions, and the accounts that the transactions need. A ledger is immutable. */
export interface Ledger {
  /** The first slot. */
  readonly startSlot: bigint;
  /** Inclusive. */
  readonly endSlot: bigint;
  /** Whether the ledger's transactions are from real blocks, so that their signatures need not be verified. */
  readonly isCaptured: boolean;
  /** Programs that the ledger's transactions invoke. Most blocks invoke the first one. */
  readonly programs: readonly string[];
  /** Returns the time of a slot in Unix seconds, for skipped slots as well. */
  timeOf(slot: bigint): bigint;
  /** Returns the state from which a session starts at a slot. @throws SimulatorError if a file is no longer readable */
  begin(slot: bigint): MaybePromise<LedgerStart>;
  /**
   * Returns the first block at or after a slot. Returns the same object as long as the block is cached. @throws SimulatorError if
   * a file is no longer readable
   */
  blockFrom(slot: bigint): MaybePromise<LedgerBlock | undefined>;
}

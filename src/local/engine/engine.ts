import type { DecodedRequest } from "../../protocol/requests.js";
import type { SessionSummary } from "../../protocol/session-summary.js";
import type { AccountData } from "../../protocol/shapes.js";

/** An engine that runs a real VM answers later; a synthetic one at once. */
export type MaybePromise<T> = T | Promise<T>;

/** The parameters of a create, as the server reads them. */
export type CreateParams = Extract<DecodedRequest, { method: "createBacktestSession" }>["params"];

/** An account's state. One that has no lamports doesn't exist. States are shared between events: never change one. */
export interface AccountState {
  lamports: bigint;
  /** Address of the program that owns it. */
  owner: string;
  executable: boolean;
  data: Uint8Array;
}

/** What a transaction did to an account: without `pre` it was created, without `post` deleted. */
export interface AccountDiff {
  address: string;
  pre?: AccountState;
  post?: AccountState;
}

/** An SPL token balance, as `getTransaction` tells it. */
export interface TokenBalance {
  accountIndex: number;
  mint: string;
  owner: string;
  programId: string;
  uiTokenAmount: { amount: string; decimals: number; uiAmount: number | null; uiAmountString: string };
}

export interface InnerInstructions {
  /** Position of the instruction that called these. */
  index: number;
  /** `data` is base58. */
  instructions: { programIdIndex: number; accounts: number[]; data: string; stackHeight: number }[];
}

/** A transaction's outcome, in the spelling of `getTransaction`. */
export interface TransactionMeta {
  /** Solana's TransactionError in JSON; null when it succeeded. */
  err: unknown;
  /** `{ Ok: null }` or `{ Err }`: the published Rust client drops a transaction without it. */
  status: { Ok: null } | { Err: unknown };
  fee: bigint;
  /** Lamports by the position of the account in the message. */
  preBalances: readonly bigint[];
  postBalances: readonly bigint[];
  innerInstructions: readonly InnerInstructions[];
  logMessages: readonly string[];
  preTokenBalances: readonly TokenBalance[];
  postTokenBalances: readonly TokenBalance[];
  rewards: readonly unknown[];
  loadedAddresses: { writable: readonly string[]; readonly: readonly string[] };
  /** What a program returned last; left out where an engine has none to tell of. */
  returnData?: { programId: string; data: readonly [string, "base64"] } | null;
  computeUnitsConsumed: number;
}

/** A transaction that was executed, and all that it did. */
export interface ExecutedTransaction {
  slot: bigint;
  /** Position within its slot; transactions of the client's own count too. */
  index: number;
  /** Unix seconds. */
  blockTime: bigint | null;
  /** The first one identifies it. */
  signatures: readonly string[];
  /** Base64 of the wire transaction. */
  wire: string;
  version: "legacy" | 0;
  meta: TransactionMeta;
  /** Every account that the message names, in its order; programs too. */
  accounts: readonly string[];
  /** Programs that were invoked, also by other programs. */
  programs: readonly string[];
  diffs: readonly AccountDiff[];
  /**
   * False: it was not let into the block (an old blockhash, a repetition, a payer without lamports), `meta.err` says why; it
   * cost nothing, changed nothing, and nobody but its sender is to be told. Left out: it stands in the block.
   */
  included?: boolean;
}

/** The block that a session stands before, or within. */
export interface EngineBlock {
  slot: bigint;
  blockTime: bigint | null;
  /** How many batches it is executed in. */
  batches: number;
  /** The batch that comes next; equal to `batches` when all of them are done. */
  nextBatch: number;
}

/** A transaction of the ledger, as far as it can be told before it is executed. */
export interface PlannedTransaction {
  /** Position within its slot, as the ledger has it. */
  index: number;
  /** Base64 of the wire transaction. */
  wire: string;
  signatures: readonly string[];
  /** Every account that the message names, in its order; those of lookup tables too, where they are known. */
  accounts: readonly string[];
  /** Those of them that it may write. */
  writable: readonly string[];
  /** Programs that it invokes; those that other programs call too, where they are known. */
  programs: readonly string[];
  /** Whether it changes a token balance, as the ledger recorded it. Left out: it is taken to if it invokes a token program. */
  movesTokens?: boolean;
}

/** A block of the ledger, seen ahead. */
export interface PlannedBlock {
  slot: bigint;
  /** As `executeBatch` will execute them. */
  batches: readonly (readonly PlannedTransaction[])[];
}

/** What a simulation is asked for. */
export interface SimulateOptions {
  /** States that stand in place of what is there while it runs. */
  accountOverrides?: Readonly<Record<string, AccountData>>;
  /** Accounts whose states after it are wanted. */
  returnAccounts?: readonly string[];
  /** Whether signatures must be right. Default: false. */
  verifySignatures?: boolean;
  /** Whether the blockhash must be a recent one. Default: false. */
  checkBlockhash?: boolean;
}

/** What transactions would have done. */
export interface Simulation {
  /** Each as executed after the ones before it; a failed one doesn't stop the rest. */
  transactions: readonly ExecutedTransaction[];
  /** What was asked for, as it would stand; `undefined` for an account that there isn't. */
  accounts: ReadonlyMap<string, AccountState | undefined>;
}

/** Transactions of a client's own that were decoded and wait to be executed. */
export interface PreparedTransactions {
  execute(): MaybePromise<readonly ExecutedTransaction[]>;
}

/**
 * One session's world: its blocks and its accounts. Each call comes when the one before has ended, but `account`, which
 * may be asked for at any time.
 */
export interface EngineSession {
  /** Where the session stands; `undefined` after the range's last block. Skipped slots have no block. */
  currentBlock(): MaybePromise<EngineBlock | undefined>;
  /** Executes the current block's next batch. */
  executeBatch(): MaybePromise<readonly ExecutedTransaction[]>;
  /** Ends the current block, whose batches are all done; the next one becomes current. */
  finishBlock(): MaybePromise<void>;
  /**
   * Decodes transactions of the client's own (base64), to be executed in the current block.
   *
   * @throws BacktestFailure `invalidTransactionEncoding`, `invalidTransactionFormat`: nothing was changed
   */
  prepare(transactions: readonly string[]): MaybePromise<PreparedTransactions>;
  /**
   * Puts account states in place of what is there.
   *
   * @throws BacktestFailure `invalidAccountEncoding`: nothing was changed
   */
  applyAccounts(states: Readonly<Record<string, AccountData>>): MaybePromise<void>;
  /** The account as it stands now; `undefined` if there is none. */
  account(address: string): MaybePromise<AccountState | undefined>;
  /** What became of the transactions so far. */
  summary(): MaybePromise<SessionSummary>;
  /**
   * Executes transactions (base64), one after the other, on what stands, and leaves nothing behind. An engine without it
   * can't simulate.
   *
   * @throws BacktestFailure as `prepare` and `applyAccounts` do
   */
  simulate?(transactions: readonly string[], options?: SimulateOptions): MaybePromise<Simulation>;
  /**
   * The first block of the session's range from a slot on, executed or not; `undefined` if there is none. It may be asked
   * for at any time. An engine without it has no discoveries.
   */
  plannedBlock?(from: bigint): MaybePromise<PlannedBlock | undefined>;
  /** The newest blockhash that a client's transactions may name, and the last block height at which they may. */
  latestBlockhash?(): MaybePromise<{ blockhash: string; lastValidBlockHeight: bigint }>;
  /** Whether a transaction that names a blockhash would be executed now. */
  isBlockhashValid?(blockhash: string): MaybePromise<boolean>;
  /** How many blocks lie below where the session stands. */
  blockHeight?(): MaybePromise<bigint>;
  /** All accounts that a program owns, by address. */
  programAccounts?(program: string): MaybePromise<ReadonlyMap<string, AccountState>>;
  /**
   * The fee of a message (its bytes, as they are signed), in lamports.
   *
   * @throws BacktestFailure `invalidTransactionFormat` if it isn't one
   */
  feeForMessage?(message: Uint8Array): MaybePromise<bigint>;
  /**
   * Answers a call of the session's JSON-RPC in the simulator's place; `undefined` leaves it to the simulator, which has an
   * answer of its own for the methods of protocol.md, 7. Asked only between other calls, never during one.
   *
   * @throws RpcFailure what the call is answered with
   */
  answer?(method: string, params: readonly unknown[]): MaybePromise<{ value: unknown } | undefined>;
  /** Frees what the session holds. */
  close?(): MaybePromise<void>;
}

/** A part of the ledger that `/available-ranges` lists. Both slots are inclusive, times are Unix seconds. */
export interface LedgerBundle {
  startSlot: bigint;
  endSlot: bigint;
  startTime: bigint;
  endTime: bigint;
}

/** A ledger, and what executes it. */
export interface Engine {
  /** Addresses of the programs that the ledger's transactions invoke; the first one is invoked in every block. */
  readonly programs: readonly string[];
  readonly bundles: readonly LedgerBundle[];
  /**
   * A session over the create's range, standing before its first block.
   *
   * @throws BacktestFailure `bundleNotFound`, `noProducedBlocksInRange` or another, which the create is answered with
   */
  open(create: CreateParams): MaybePromise<EngineSession>;
}

import type { DecodedRequest } from "../../protocol/requests.js";
import type { SessionSummary } from "../../protocol/session-summary.js";
import type { AccountData } from "../../protocol/shapes.js";
import type { MessageVersion } from "../../protocol/transaction-message.js";

/** A value, or a promise of it: an engine may answer synchronously or not. */
export type MaybePromise<T> = T | Promise<T>;

/** The parameters of a create, as the server reads them. */
export type CreateParams = Extract<DecodedRequest, { method: "createBacktestSession" }>["params"];

/** The state of an account. An account without lamports does not exist. States are shared, so do not change them. */
export interface AccountState {
  lamports: bigint;
  /** The address of the program that owns it. */
  owner: string;
  executable: boolean;
  data: Uint8Array;
}

/** A change of an account. Without `pre` it was created, without `post` deleted. */
export interface AccountDiff {
  address: string;
  pre?: AccountState;
  post?: AccountState;
}

/** An SPL token balance, as in `getTransaction`. */
export interface TokenBalance {
  accountIndex: number;
  mint: string;
  owner: string;
  programId: string;
  uiTokenAmount: { amount: string; decimals: number; uiAmount: number | null; uiAmountString: string };
}

export interface InnerInstructions {
  /** Index of the calling instruction. */
  index: number;
  /** `data` is base58. */
  instructions: { programIdIndex: number; accounts: number[]; data: string; stackHeight: number }[];
}

/** The outcome of a transaction, with the names of `getTransaction`. */
export interface TransactionMeta {
  /** A TransactionError of Solana in JSON, or null if it succeeded. */
  err: unknown;
  /** `{ Ok: null }` or `{ Err }`: the published Rust client drops a transaction without it. */
  status: { Ok: null } | { Err: unknown };
  fee: bigint;
  /** Lamports by the index of the account in the message. */
  preBalances: readonly bigint[];
  postBalances: readonly bigint[];
  innerInstructions: readonly InnerInstructions[];
  logMessages: readonly string[];
  preTokenBalances: readonly TokenBalance[];
  postTokenBalances: readonly TokenBalance[];
  rewards: readonly unknown[];
  loadedAddresses: { writable: readonly string[]; readonly: readonly string[] };
  /** The last return data of a program, if the engine supports it. */
  returnData?: { programId: string; data: readonly [string, "base64"] } | null;
  computeUnitsConsumed: number;
}

/** An executed transaction, with its outcome. */
export interface ExecutedTransaction {
  slot: bigint;
  /** Index within its slot. Transactions of the client count too. */
  index: number;
  /** Unix seconds. */
  blockTime: bigint | null;
  /** Signatures. The first one identifies the transaction. */
  signatures: readonly string[];
  /** Base64 of the wire transaction. */
  wire: string;
  version: MessageVersion;
  meta: TransactionMeta;
  /** All accounts of the message, in order, programs included. */
  accounts: readonly string[];
  /** Invoked programs, also by other programs. */
  programs: readonly string[];
  diffs: readonly AccountDiff[];
  /**
   * False if it was refused before execution (an old blockhash, a duplicate, a payer without lamports). `meta.err` has the reason.
   * It changed nothing and is in no block. Only `getSignatureStatuses` and `signatureSubscribe` report it.
   *
   * @default true
   */
  included?: boolean;
}

/** The current block of a session. */
export interface EngineBlock {
  slot: bigint;
  blockTime: bigint | null;
  /** Number of its batches. */
  batches: number;
  /** The next batch. Equal to `batches` after the last one. */
  nextBatch: number;
}

/** A transaction of the ledger before its execution. */
export interface PlannedTransaction {
  /** Index within its slot in the ledger. */
  index: number;
  /** Base64 of the wire transaction. */
  wire: string;
  signatures: readonly string[];
  /** All accounts of the message, in order, with those of lookup tables if known. */
  accounts: readonly string[];
  /** The writable accounts. */
  writable: readonly string[];
  /** Invoked programs, with those called by other programs if known. */
  programs: readonly string[];
  /** Whether it changed a token balance when it was recorded. @default whether it invokes a token program */
  movesTokens?: boolean;
}

/** A block of the ledger before its execution. */
export interface PlannedBlock {
  slot: bigint;
  /** The batches, as `executeBatch` executes them. */
  batches: readonly (readonly PlannedTransaction[])[];
}

/** Options of a simulation. */
export interface SimulateOptions {
  /** Account overrides during the simulation. */
  accountOverrides?: Readonly<Record<string, AccountData>>;
  /** Accounts whose final states are returned. */
  returnAccounts?: readonly string[];
  /** Whether signatures are verified. @default false */
  verifySignatures?: boolean;
  /** Whether the blockhash must be recent. @default false */
  checkBlockhash?: boolean;
}

/** The result of a simulation. */
export interface Simulation {
  /** The outcome of each transaction, executed in order. A failed one does not stop the rest. */
  transactions: readonly ExecutedTransaction[];
  /** The requested states. `undefined` for a missing account. */
  accounts: ReadonlyMap<string, AccountState | undefined>;
  /** Bytes of the accounts that each transaction loaded, if the engine counts them. */
  loadedAccountsDataSizes?: readonly number[];
}

/** Options of transactions of a client. */
export interface PrepareOptions {
  /** Whether signatures are verified. @default true */
  verifySignatures?: boolean;
}

/** Decoded transactions of a client, ready for execution. */
export interface PreparedTransactions {
  execute(): MaybePromise<readonly ExecutedTransaction[]>;
}

/**
 * The blocks and accounts of one session. Calls do not overlap, except that `account` may be called at any time.
 */
export interface EngineSession {
  /** The current block. `undefined` after the last block of the range. Skipped slots have no block. */
  currentBlock(): MaybePromise<EngineBlock | undefined>;
  /** Executes the next batch of the current block. */
  executeBatch(): MaybePromise<readonly ExecutedTransaction[]>;
  /** Finishes the current block after its last batch. The next block becomes current. */
  finishBlock(): MaybePromise<void>;
  /**
   * Decodes transactions of a client (base64), for execution in the current block.
   *
   * @throws BacktestFailure `invalidTransactionEncoding`, `invalidTransactionFormat`; nothing is then changed
   */
  prepare(transactions: readonly string[], options?: PrepareOptions): MaybePromise<PreparedTransactions>;
  /**
   * Replaces account states.
   *
   * @throws BacktestFailure `invalidAccountEncoding`; nothing is then changed
   */
  applyAccounts(states: Readonly<Record<string, AccountData>>): MaybePromise<void>;
  /** The current state of an account. `undefined` if it does not exist. */
  account(address: string): MaybePromise<AccountState | undefined>;
  /** The summary of the transactions so far. */
  summary(): MaybePromise<SessionSummary>;
  /**
   * Executes transactions (base64) in order on the current state, without changing it. An engine without this method cannot
   * simulate.
   *
   * @throws BacktestFailure as `prepare` and `applyAccounts` do
   */
  simulate?(transactions: readonly string[], options?: SimulateOptions): MaybePromise<Simulation>;
  /**
   * The first block of the range from a slot on, executed or not. `undefined` if there is none. It may be called at any time. An
   * engine without this method has no discoveries.
   */
  plannedBlock?(from: bigint): MaybePromise<PlannedBlock | undefined>;
  /** The newest blockhash for transactions of a client, and the last block height at which it is valid. */
  latestBlockhash?(): MaybePromise<{ blockhash: string; lastValidBlockHeight: bigint }>;
  /** Whether a blockhash is valid now. */
  isBlockhashValid?(blockhash: string): MaybePromise<boolean>;
  /** The block height of the current position. */
  blockHeight?(): MaybePromise<bigint>;
  /** All accounts of a program, by address. */
  programAccounts?(program: string): MaybePromise<ReadonlyMap<string, AccountState>>;
  /**
   * The fee of a message (the signed bytes of a transaction), in lamports.
   *
   * @throws BacktestFailure `invalidTransactionFormat` if it is not a message
   */
  feeForMessage?(message: Uint8Array): MaybePromise<bigint>;
  /**
   * Answers a call of the JSON-RPC instead of the simulator. `undefined` leaves it to the simulator, which answers the methods of
   * protocol.md, 7. It is not called during other calls.
   *
   * @throws RpcFailure the error to answer the call with
   */
  answer?(method: string, params: readonly unknown[]): MaybePromise<{ value: unknown } | undefined>;
  /**
   * Calls the listener if the session fails while no call is pending, for example because its process has ended. The session then ends
   * with an `internal` error. All later calls reject.
   */
  onFailure?(listener: (error: Error) => void): void;
  /** Frees the resources of the session. A call may still be pending: the simulator waits two seconds for it. */
  close?(): MaybePromise<void>;
}

/** A part of the ledger that `/available-ranges` lists. Both slots are inclusive, times are Unix seconds. */
export interface LedgerBundle {
  startSlot: bigint;
  endSlot: bigint;
  startTime: bigint;
  endTime: bigint;
}

/** A ledger and the engine that executes it. */
export interface Engine {
  /** Programs of the ledger. Every block invokes the first one. */
  readonly programs: readonly string[];
  readonly bundles: readonly LedgerBundle[];
  /**
   * Opens a session before the first block of its range.
   *
   * @throws BacktestFailure `bundleNotFound`, `noProducedBlocksInRange` or another error to answer the create with
   */
  open(create: CreateParams): MaybePromise<EngineSession>;
}

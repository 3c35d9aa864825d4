import type { DecodedRequest } from "../../protocol/requests.js";
import type { SessionSummary } from "../../protocol/session-summary.js";
import type { AccountData } from "../../protocol/shapes.js";
import type { MessageVersion } from "../../protocol/transaction-message.js";

/** A value or a promise of it, because an engine may answer synchronously or asynchronously. */
export type MaybePromise<T> = T | Promise<T>;

/** The parameters of a create request, as the server reads them. */
export type CreateParams = Extract<DecodedRequest, { method: "createBacktestSession" }>["params"];

/** The state of an account. An account without lamports does not exist. State objects are shared, so do not change them. */
export interface AccountState {
  /** The balance in lamports. */
  lamports: bigint;
  /** The address of the program that owns the account. */
  owner: string;
  /** Whether the account is a program. */
  executable: boolean;
  /** The content of the account. */
  data: Uint8Array;
}

/** A change to an account. If `pre` is missing, the account was created. If `post` is missing, it was deleted. */
export interface AccountDiff {
  /** The address of the account. */
  address: string;
  /** The state before the transaction. */
  pre?: AccountState;
  /** The state after the transaction. */
  post?: AccountState;
}

/** An SPL token balance, as in `getTransaction`. */
export interface TokenBalance {
  /** The index of the token account in the message. */
  accountIndex: number;
  /** The address of the mint. */
  mint: string;
  /** The owner of the token account. */
  owner: string;
  /** The token program. */
  programId: string;
  /** The amount, as an integer and as a decimal number. */
  uiTokenAmount: { amount: string; decimals: number; uiAmount: number | null; uiAmountString: string };
}

/** The instructions that an instruction invoked. */
export interface InnerInstructions {
  /** The index of the invoking instruction in the message. */
  index: number;
  /** The inner instructions. `data` is in base58. */
  instructions: { programIdIndex: number; accounts: number[]; data: string; stackHeight: number }[];
}

/** The outcome of a transaction, with the member names of `getTransaction`. */
export interface TransactionMeta {
  /** A Solana TransactionError in JSON, or null if the transaction succeeded. */
  err: unknown;
  /** `{ Ok: null }` or `{ Err }`. Required, because the published Rust client drops transactions without a status. */
  status: { Ok: null } | { Err: unknown };
  /** The fee in lamports. */
  fee: bigint;
  /** Balances in lamports, indexed like the accounts of the message. */
  preBalances: readonly bigint[];
  /** Balances after the transaction, like `preBalances`. */
  postBalances: readonly bigint[];
  /** The instructions that programs invoked. */
  innerInstructions: readonly InnerInstructions[];
  /** The log lines. */
  logMessages: readonly string[];
  /** The token balances before the transaction. */
  preTokenBalances: readonly TokenBalance[];
  /** The token balances after the transaction. */
  postTokenBalances: readonly TokenBalance[];
  /** The rewards of the block. */
  rewards: readonly unknown[];
  /** The addresses that the transaction loaded from lookup tables. */
  loadedAddresses: { writable: readonly string[]; readonly: readonly string[] };
  /** The last return data that a program set, if the engine supports return data. */
  returnData?: { programId: string; data: readonly [string, "base64"] } | null;
  /** Number of consumed compute units. */
  computeUnitsConsumed: number;
}

/** An executed transaction, with its outcome. */
export interface ExecutedTransaction {
  /** The slot of the block. */
  slot: bigint;
  /** The index of the transaction in its slot. Transactions that the client sent are counted, too. */
  index: number;
  /** Unix seconds. */
  blockTime: bigint | null;
  /** The signatures in base58. The first one identifies the transaction. */
  signatures: readonly string[];
  /** The wire transaction in base64. */
  wire: string;
  /** The version of the transaction. */
  version: MessageVersion;
  /** The outcome of the transaction. */
  meta: TransactionMeta;
  /** All accounts of the message in order, including programs. */
  accounts: readonly string[];
  /** All invoked programs, including those that other programs invoked. */
  programs: readonly string[];
  /** The changed accounts. */
  diffs: readonly AccountDiff[];
  /**
   * False if the transaction was refused before execution, for example because of an old blockhash, a duplicate or a payer
   * without lamports. `meta.err` has the reason. A refused transaction changes nothing and is in no block. Only
   * `getSignatureStatuses` and `signatureSubscribe` report it.
   *
   * @default true
   */
  included?: boolean;
}

/** The current block of a session. */
export interface EngineBlock {
  /** The slot of the block. */
  slot: bigint;
  /** Unix seconds, or null if unknown. */
  blockTime: bigint | null;
  /** Number of batches in the block. */
  batches: number;
  /** The index of the next batch. Equal to `batches` after the last batch. */
  nextBatch: number;
}

/** A transaction of the ledger before its execution. */
export interface PlannedTransaction {
  /** The index of the transaction in its slot, as recorded in the ledger. */
  index: number;
  /** The wire transaction in base64. */
  wire: string;
  /** The signatures in base58. */
  signatures: readonly string[];
  /** All accounts of the message in order. Includes accounts from lookup tables, if these are known. */
  accounts: readonly string[];
  /** The writable accounts. */
  writable: readonly string[];
  /** The invoked programs. Includes programs that were invoked by other programs, if these calls were recorded. */
  programs: readonly string[];
  /** Whether the recorded transaction changed a token balance. @default `true` if the transaction invokes a token program */
  movesTokens?: boolean;
}

/** A block of the ledger before its execution. */
export interface PlannedBlock {
  /** The slot of the block. */
  slot: bigint;
  /** The batches of the block. Each call of `executeBatch` executes the next batch. */
  batches: readonly (readonly PlannedTransaction[])[];
}

/** Options of a simulation. */
export interface SimulateOptions {
  /** Account overrides during the simulation. @default none */
  accountOverrides?: Readonly<Record<string, AccountData>>;
  /** Addresses of the accounts whose final states are returned. @default none */
  returnAccounts?: readonly string[];
  /** Whether signatures are verified. @default false */
  verifySignatures?: boolean;
  /** Whether the blockhash must be recent. @default false */
  checkBlockhash?: boolean;
}

/** The result of a simulation. */
export interface Simulation {
  /** The outcome of each transaction, executed in order. If one transaction fails, the next ones are still executed. */
  transactions: readonly ExecutedTransaction[];
  /** The states of the requested accounts. `undefined` for a missing account. */
  accounts: ReadonlyMap<string, AccountState | undefined>;
  /** The number of account bytes that each transaction loaded, if the engine counts them. */
  loadedAccountsDataSizes?: readonly number[];
}

/** Options for transactions that a client sent. */
export interface PrepareOptions {
  /** Whether signatures are verified. @default true */
  verifySignatures?: boolean;
}

/** Decoded transactions from a client, ready for execution. */
export interface PreparedTransactions {
  /** Executes the transactions in order, in the current block. */
  execute(): MaybePromise<readonly ExecutedTransaction[]>;
}

/**
 * The blocks and accounts of one session. The simulator makes one call at a time. Only `account` can also be called while another
 * call is pending.
 */
export interface EngineSession {
  /** Returns the current block. `undefined` after the last block of the range. Skipped slots have no block. */
  currentBlock(): MaybePromise<EngineBlock | undefined>;
  /** Executes the next batch of the current block. */
  executeBatch(): MaybePromise<readonly ExecutedTransaction[]>;
  /** Finishes the current block after its last batch. The next block becomes current. */
  finishBlock(): MaybePromise<void>;
  /**
   * Decodes transactions from a client (base64), for execution in the current block.
   *
   * @throws BacktestFailure `invalidTransactionEncoding`, `invalidTransactionFormat`; in that case, nothing is changed
   */
  prepare(transactions: readonly string[], options?: PrepareOptions): MaybePromise<PreparedTransactions>;
  /**
   * Replaces account states.
   *
   * @throws BacktestFailure `invalidAccountEncoding`; in that case, no account is changed
   */
  applyAccounts(states: Readonly<Record<string, AccountData>>): MaybePromise<void>;
  /** Returns the current state of an account. `undefined` if it does not exist. */
  account(address: string): MaybePromise<AccountState | undefined>;
  /** Returns the summary of the transactions so far. */
  summary(): MaybePromise<SessionSummary>;
  /**
   * Executes transactions (base64) in order on the current state, without changing it. An engine without this method cannot
   * simulate.
   *
   * @throws BacktestFailure the same errors as `prepare` and `applyAccounts`
   */
  simulate?(transactions: readonly string[], options?: SimulateOptions): MaybePromise<Simulation>;
  /**
   * Returns the first block of the range at or after a slot, whether it has been executed or not. Returns `undefined` if there is
   * none. If an engine omits this method, no discoveries are reported (`discoveryBatch`).
   */
  plannedBlock?(from: bigint): MaybePromise<PlannedBlock | undefined>;
  /** Returns the newest blockhash that clients can use in transactions, and the last block height at which it is valid. */
  latestBlockhash?(): MaybePromise<{ blockhash: string; lastValidBlockHeight: bigint }>;
  /** Whether a blockhash is valid now. */
  isBlockhashValid?(blockhash: string): MaybePromise<boolean>;
  /** Returns the block height at the current position of the session. */
  blockHeight?(): MaybePromise<bigint>;
  /** Returns all accounts of a program, by address. */
  programAccounts?(program: string): MaybePromise<ReadonlyMap<string, AccountState>>;
  /**
   * Returns the fee of a message (the signed bytes of a transaction), in lamports.
   *
   * @throws BacktestFailure `invalidTransactionFormat` if it is not a message
   */
  feeForMessage?(message: Uint8Array): MaybePromise<bigint>;
  /**
   * Answers a JSON-RPC call in place of the simulator. If the result is `undefined`, the simulator answers the call itself. The
   * simulator never calls this method while another call to the engine is pending.
   *
   * @throws RpcFailure the error to answer the call with
   */
  answer?(method: string, params: readonly unknown[]): MaybePromise<{ value: unknown } | undefined>;
  /**
   * Calls the listener if the session fails while no call is pending, for example because its process has ended. The session then
   * ends with an `internal` error. All later calls reject.
   */
  onFailure?(listener: (error: Error) => void): void;
  /** Frees the resources of the session. If a call is still pending, the simulator first waits up to two seconds for that call. */
  close?(): MaybePromise<void>;
}

/** A section of the ledger that `/available-ranges` lists. Both slots are inclusive, times are Unix seconds. */
export interface LedgerBundle {
  /** The first slot. */
  startSlot: bigint;
  /** The last slot. */
  endSlot: bigint;
  /** The time of the first slot. */
  startTime: bigint;
  /** The time of the last slot. */
  endTime: bigint;
}

/** Executes the blocks of one ledger. */
export interface Engine {
  /** Programs that the ledger's transactions invoke. Every block invokes the first one. */
  readonly programs: readonly string[];
  /** The sections of the ledger, in ascending order. */
  readonly bundles: readonly LedgerBundle[];
  /**
   * Opens a session before the first block of its range.
   *
   * @throws BacktestFailure the error that the client receives, for example `bundleNotFound` or `noProducedBlocksInRange`
   */
  open(create: CreateParams): MaybePromise<EngineSession>;
}

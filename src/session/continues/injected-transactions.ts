/** A transaction that was injected with a continue request. */
export interface InjectedTransaction {
  /** The first signature of the transaction, in base58. */
  signature: string;
  /** The outcome of the execution, from the session's RPC. Absent if it is unknown. */
  outcome?: TransactionOutcome;
}

/** The outcome of a transaction's execution. */
export interface TransactionOutcome {
  /** `null` if the transaction succeeded, otherwise Solana's `TransactionError`. */
  err: unknown;
  /** Empty if the RPC has no logs. */
  logs: string[];
  /** Number of consumed compute units. */
  unitsConsumed: bigint;
}

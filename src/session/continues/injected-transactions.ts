/** A transaction that a continue injected. */
export interface InjectedTransaction {
  /** Its first signature, in base58. */
  signature: string;
  /** The outcome of its execution, from the session's RPC. Absent: unknown. */
  outcome?: TransactionOutcome;
}

/** The outcome of the execution of a transaction. */
export interface TransactionOutcome {
  /** `null` if it succeeded, else Solana's `TransactionError`. */
  err: unknown;
  /** Empty where the RPC has none. */
  logs: string[];
  unitsConsumed: bigint;
}

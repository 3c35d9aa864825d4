/** A transaction that a continue injected. */
export interface InjectedTransaction {
  /** Its first signature, in base58. */
  signature: string;
  /** What its execution came to, by the session's RPC. Absent: unknown. */
  outcome?: TransactionOutcome;
}

/** What the execution of a transaction came to. */
export interface TransactionOutcome {
  /** `null` if it succeeded, else Solana's `TransactionError`. */
  err: unknown;
  /** Empty where the RPC has none. */
  logs: string[];
  unitsConsumed: bigint;
}

/** The part of a session that injects transactions. */
export interface InjectingSession<T, R> {
  continueUntilReady(
    params: { advanceCount?: number | bigint; transactions?: T[] },
    options?: { signal?: AbortSignal },
  ): Promise<{ transactions: R[] }>;
}

/**
 * Executes transactions in the next block of a session, and resolves with their outcomes. The session must be ready for a continue.
 *
 * @param transactions signed transactions: base64, bytes, or those of `@solana/kit` or `@solana/web3.js`
 * @param options `advanceCount`: blocks to execute; 1 by default
 * @throws SimulatorError as `continueUntilReady` does
 * @example
 * const [payment] = await sendTransactions(session, [wire]);
 * if (payment.outcome?.err) console.error(payment.signature, payment.outcome.logs);
 */
export async function sendTransactions<T, R>(
  session: InjectingSession<T, R>,
  transactions: readonly T[],
  options: { advanceCount?: number | bigint; signal?: AbortSignal } = {},
): Promise<R[]> {
  const { advanceCount = 1, signal } = options;
  const result = await session.continueUntilReady({ advanceCount, transactions: [...transactions] }, signal && { signal });
  return result.transactions;
}

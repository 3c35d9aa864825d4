import { requireList, requireMethods, requireOptions } from "../protocol/arguments.js";

/** The method of a session that is needed to inject transactions. */
export interface InjectingSession<T, R> {
  /** Sends a continue request, and waits for the next stop. */
  continueUntilReady(
    params: { advanceCount?: number | bigint; transactions?: T[] },
    options?: { signal?: AbortSignal },
  ): Promise<{ transactions: R[] }>;
}

/**
 * Executes transactions in the next block of a session. The promise resolves to their outcomes. The session must be waiting for a
 * `continue` request.
 *
 * @param transactions signed transactions: base64, bytes, or objects of `@solana/kit` or `@solana/web3.js`
 * @param options `advanceCount`: number of blocks to execute. @default 1
 * @throws SimulatorError any error of `continueUntilReady`
 * @example
 * const [payment] = await sendTransactions(session, [wire]);
 * if (payment.outcome?.err) console.error(payment.signature, payment.outcome.logs);
 */
export async function sendTransactions<T, R>(
  session: InjectingSession<T, R>,
  transactions: readonly T[],
  options: { advanceCount?: number | bigint; signal?: AbortSignal } = {},
): Promise<R[]> {
  requireMethods(session, "session", ["continueUntilReady"], "a session, for example from client.startSession()");
  requireList(transactions, "transactions", "a list of transactions");
  requireOptions(options, ["advanceCount", "signal"]);
  const { advanceCount = 1, signal } = options;
  const result = await session.continueUntilReady({ advanceCount, transactions: [...transactions] }, signal && { signal });
  return result.transactions;
}

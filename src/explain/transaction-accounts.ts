import { viewTransaction } from "./transaction-view.js";

/**
 * The addresses of all accounts of a transaction of any version, in the order of its balances: those of the message, then those of
 * lookup tables. Never throws.
 *
 * @param transaction anything that `explainTransaction` accepts
 * @returns an empty list if it cannot be read
 * @example transactionAccounts(transaction).map((address, index) => [address, transaction.meta?.postBalances[index]]);
 */
export function transactionAccounts(transaction: unknown): string[] {
  try {
    return viewTransaction(transaction).accounts.map(({ address }) => address);
  } catch {
    return [];
  }
}

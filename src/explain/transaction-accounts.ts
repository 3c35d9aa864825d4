import { viewTransaction } from "./transaction-view.js";

/**
 * Returns the addresses of all accounts of a transaction of any version, in the order of its balances: first the accounts of the
 * message, then those from lookup tables. Never throws.
 *
 * @param transaction anything that `explainTransaction` accepts
 * @returns an empty list if the transaction cannot be read
 * @example transactionAccounts(transaction).map((address, index) => [address, transaction.meta?.postBalances[index]]);
 */
export function transactionAccounts(transaction: unknown): string[] {
  try {
    return viewTransaction(transaction).accounts.map(({ address }) => address);
  } catch {
    return [];
  }
}

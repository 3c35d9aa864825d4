// @ts-check
import { transactionAccounts } from "../../../dist/browser-explain.js";

/** @typedef {import("../../../dist/browser.js").ConfirmedTransaction} ConfirmedTransaction */

/**
 * Returns the accounts of a transaction in the order of its balances: those of the message, then those of lookup tables.
 *
 * @param {ConfirmedTransaction} transaction
 * @returns {string[]} empty if the transaction cannot be decoded
 */
export function accountKeys({ transaction, meta }) {
  // The accounts from lookup tables are unknown if the transaction has no outcome.
  return transactionAccounts({ transaction, meta });
}

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
  // Without their outcome, accounts of lookup tables are not known.
  return transactionAccounts({ transaction, meta });
}

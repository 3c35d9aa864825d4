// @ts-check
import { transactionSignature } from "../../../dist/browser.js";

/** @typedef {import("./row-table.js").RowTable<import("./table-rows.js").TransactionItem, unknown>} Transactions */

/** Number of transactions that are compared before the time limit is checked again. */
const BATCH = 50;

/** Searches a table for a transaction, including transactions that arrive later. */
export class TransactionFinder {
  signature;
  #table;
  #next;

  /** @param {Transactions} table @param {string} signature */
  constructor(table, signature) {
    this.#table = table;
    this.signature = signature;
    this.#next = table.items().first;
  }

  /** Whether all transactions in memory have been compared. */
  get isDone() {
    return this.#next >= this.#table.total;
  }

  /**
   * Searches for the transaction with `signature`.
   *
   * @param {number} [budgetMs] time limit, after which the search stops. The next call continues the search
   * @returns {number | undefined} the id of the transaction
   */
  find(budgetMs = Number.POSITIVE_INFINITY) {
    const end = performance.now() + budgetMs;
    this.#next = Math.max(this.#next, this.#table.items().first);
    for (let count = 1; this.#next < this.#table.total; count++) {
      const id = this.#next++;
      const item = this.#table.item(id);
      if (item !== undefined && transactionSignature(item.transaction) === this.signature) return id;
      if (count % BATCH === 0 && performance.now() > end) return undefined;
    }
    return undefined;
  }
}

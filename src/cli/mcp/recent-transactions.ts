import { stringifyJson } from "../../codec/json.js";
import { type ConfirmedTransaction, transactionSignature } from "../../protocol/transaction-notification.js";

const MAX_TRANSACTIONS = 2_000;
/** The maximum total length of the transactions as JSON, in characters. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

interface Kept {
  readonly transaction: ConfirmedTransaction;
  readonly characters: number;
}

/** The most recent transactions of a session, within limits of number and memory. */
export class RecentTransactions {
  readonly #kept = new Map<string, Kept>();
  #characters = 0;
  /** Number of distinct transactions that were received. */
  received = 0;
  /** Number of received transactions that failed. */
  failed = 0;

  /**
   * Adds a transaction. A transaction that is already in the list is ignored, because a session delivers it once for each
   * program.
   */
  add(transaction: ConfirmedTransaction): void {
    const signature = transactionSignature(transaction);
    if (signature === undefined || this.#kept.has(signature)) return;
    this.received++;
    if (hasFailed(transaction)) this.failed++;
    const characters = stringifyJson(transaction).length;
    this.#kept.set(signature, { transaction, characters });
    this.#characters += characters;
    for (const [oldest, { characters: freed }] of this.#kept) {
      if (this.#kept.size <= MAX_TRANSACTIONS && this.#characters <= MAX_CHARACTERS) break;
      this.#kept.delete(oldest);
      this.#characters -= freed;
    }
  }

  get(signature: string): ConfirmedTransaction | undefined {
    return this.#kept.get(signature)?.transaction;
  }

  /** The transactions in the order of their arrival. */
  list({ onlyFailed = false } = {}): { signature: string; transaction: ConfirmedTransaction }[] {
    const all = [...this.#kept].map(([signature, { transaction }]) => ({ signature, transaction }));
    return onlyFailed ? all.filter(({ transaction }) => hasFailed(transaction)) : all;
  }
}

function hasFailed({ meta }: ConfirmedTransaction): boolean {
  return meta !== null && meta.err !== null && meta.err !== undefined;
}

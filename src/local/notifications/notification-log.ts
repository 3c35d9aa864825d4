import type { AccountDiff, ExecutedTransaction } from "../engine/engine.js";
import type { NotificationResult } from "./notification-results.js";

/** An entry of the log. Subscriptions turn entries into notifications. */
export type LogEntry =
  | { type: "transaction"; slot: bigint; transaction: ExecutedTransaction }
  /** A transaction that a client sent and the session refused. No block contains it. */
  | { type: "refused"; slot: bigint; transaction: ExecutedTransaction }
  /** The account changes of a block, in a session that replays account states without transactions. */
  | { type: "accounts"; slot: bigint; blockTime: bigint | null; diffs: readonly AccountDiff[] }
  /** The end of a block. `parent` is the slot of the previous block. */
  | { type: "block"; slot: bigint; parent: bigint; blockTime: bigint | null }
  /** The result of an action, a probe or a replaced swap. */
  | { type: "report"; kind: "action" | "diagnostic" | "replacement"; slot: bigint; result: NotificationResult };

interface LogReader {
  readonly handleNew: () => void;
  readonly position: () => number;
}

/**
 * Everything that a session has executed, in order. Each subscription reads the log from its own position. A slow socket
 * therefore needs no extra memory, and a late subscription can receive the history.
 */
export class NotificationLog {
  readonly #maxEntries: number;
  /** The entries in memory. The first one has the position `#dropped`. */
  readonly #entries: LogEntry[] = [];
  #dropped = 0;
  readonly #bySignature = new Map<string, ExecutedTransaction>();
  readonly #refused = new Map<string, ExecutedTransaction>();
  /** Entries before this position are indexed in `#bySignature` and `#refused`. */
  #indexed = 0;
  readonly #readers = new Set<LogReader>();
  #ended = false;
  #firstPosition = 0;

  /** @param maxEntries the number of entries to keep. In addition, the log keeps all entries that a reader has not read. */
  constructor(maxEntries = Number.POSITIVE_INFINITY) {
    this.#maxEntries = maxEntries;
  }

  /** Adds an entry. Readers are not notified until the next `announce` call. */
  append(entry: LogEntry): void {
    this.#entries.push(entry);
  }

  announce(): void {
    for (const { handleNew } of [...this.#readers]) handleNew();
    this.#dropRead();
  }

  /** Drops the oldest entries in chunks, because removing the first item of an array moves all other items. */
  #dropRead(): void {
    const excess = this.#entries.length - this.#maxEntries;
    if (excess <= this.#maxEntries / 10) return;
    let end = this.#dropped + excess;
    for (const { position } of this.#readers) end = Math.min(end, position());
    for (const entry of this.#entries.splice(0, Math.max(0, end - this.#dropped))) {
      this.#dropped++;
      if (this.#indexed < this.#dropped) this.#indexed = this.#dropped;
      else if (entry.type === "transaction" || entry.type === "refused") this.#forget(entry);
    }
    this.evictBefore(this.#dropped);
  }

  /** The first position that a new subscription can read. */
  get firstPosition(): number {
    return this.#firstPosition;
  }

  /** Hides the entries before a position from new subscriptions, like a server with a limited history. For tests. */
  evictBefore(position: number): void {
    this.#firstPosition = Math.max(this.#firstPosition, Math.min(position, this.length));
  }

  /** Ends the log. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.announce();
  }

  /**
   * Calls `handleNew` when the log has new entries or has ended.
   *
   * @param position returns the position of the next entry to read; the log drops only entries before this position
   * @returns a function that ends the calls
   */
  read(handleNew: () => void, position: () => number): () => void {
    const reader = { handleNew, position };
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Number of entries, including those that were dropped. */
  get length(): number {
    return this.#dropped + this.#entries.length;
  }

  /** Returns the entry at a position. `undefined` after the last entry, and for an entry that was dropped. */
  at(position: number): LogEntry | undefined {
    return this.#entries[position - this.#dropped];
  }

  /** Returns the position of the first entry in memory at or after a slot. */
  positionOf(slot: bigint): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle] as LogEntry).slot < slot) low = middle + 1;
      else high = middle;
    }
    return this.#dropped + low;
  }

  transaction(signature: string): ExecutedTransaction | undefined {
    this.#indexNew();
    return this.#bySignature.get(signature);
  }

  /** Returns an executed or refused transaction. `ExecutedTransaction` is the type of both. */
  transactionOrRefused(signature: string): ExecutedTransaction | undefined {
    return this.transaction(signature) ?? this.#refused.get(signature);
  }

  /** Returns the executed block of a slot. A skipped slot has no block. */
  block(slot: bigint): Extract<LogEntry, { type: "block" }> | undefined {
    for (let position = this.positionOf(slot); this.at(position)?.slot === slot; position++) {
      const entry = this.at(position);
      if (entry?.type === "block") return entry;
    }
    return undefined;
  }

  /**
   * Indexes the entries that are not in the index yet. Called only on demand: the encoding of the signatures takes time, and most
   * sessions never look up a transaction.
   */
  #indexNew(): void {
    for (; this.#indexed < this.length; this.#indexed++) {
      const entry = this.at(this.#indexed) as LogEntry;
      if (entry.type !== "transaction" && entry.type !== "refused") continue;
      const [signature] = entry.transaction.signatures;
      if (signature !== undefined)
        (entry.type === "refused" ? this.#refused : this.#bySignature).set(signature, entry.transaction);
    }
  }

  /** Removes a transaction from the index of signatures after the log has dropped its entry. */
  #forget({ type, transaction }: Extract<LogEntry, { type: "transaction" | "refused" }>): void {
    const [signature] = transaction.signatures;
    if (signature === undefined) return;
    const index = type === "refused" ? this.#refused : this.#bySignature;
    // Deletes only the entry of this transaction. The entry of a later transaction with the same signature remains.
    if (index.get(signature) === transaction) index.delete(signature);
  }
}

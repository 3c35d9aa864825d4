import type { AccountDiff, ExecutedTransaction } from "../engine/engine.js";
import type { NotificationResult } from "./notification-results.js";

/** An entry of the log. Subscriptions report entries to clients. */
export type LogEntry =
  | { type: "transaction"; slot: bigint; transaction: ExecutedTransaction }
  /** A transaction from a client that was refused. It is in no block. */
  | { type: "refused"; slot: bigint; transaction: ExecutedTransaction }
  /** The account changes of a block, in a session that replays account states without transactions. */
  | { type: "accounts"; slot: bigint; blockTime: bigint | null; diffs: readonly AccountDiff[] }
  /** The end of a block. `parent` is the slot of the previous block. */
  | { type: "block"; slot: bigint; parent: bigint; blockTime: bigint | null }
  /** The result of an action, a probe or a replaced swap. */
  | { type: "report"; kind: "action" | "diagnostic" | "replacement"; slot: bigint; result: NotificationResult };

/**
 * Everything that a session has executed, in order. Each subscription reads the log from its own position, so a slow socket needs
 * no extra memory, and a late subscription can get the history.
 */
export class NotificationLog {
  readonly #entries: LogEntry[] = [];
  readonly #bySignature = new Map<string, ExecutedTransaction>();
  readonly #refused = new Map<string, ExecutedTransaction>();
  /** Number of entries that the two maps contain. */
  #indexed = 0;
  readonly #readers = new Set<() => void>();
  #ended = false;
  #firstPosition = 0;

  /** Adds an entry. Readers are not notified until the next `announce` call. */
  append(entry: LogEntry): void {
    this.#entries.push(entry);
  }

  announce(): void {
    for (const reader of [...this.#readers]) reader();
  }

  /** The first position that a new subscription can read. */
  get firstPosition(): number {
    return this.#firstPosition;
  }

  /** Hides the entries before a position from new subscriptions, like a server with a limited history. For tests. */
  evictBefore(position: number): void {
    this.#firstPosition = Math.max(this.#firstPosition, Math.min(position, this.#entries.length));
  }

  /** Ends the log. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.announce();
  }

  /** Calls `handleNew` when the log has more entries or has ended. Returns a function that removes the callback. */
  read(handleNew: () => void): () => void {
    this.#readers.add(handleNew);
    return () => this.#readers.delete(handleNew);
  }

  get ended(): boolean {
    return this.#ended;
  }

  get length(): number {
    return this.#entries.length;
  }

  at(index: number): LogEntry | undefined {
    return this.#entries[index];
  }

  /** The position of the first entry at or after a slot. */
  positionOf(slot: bigint): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle] as LogEntry).slot < slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  transaction(signature: string): ExecutedTransaction | undefined {
    this.#indexNew();
    return this.#bySignature.get(signature);
  }

  /** Returns a transaction, even if it was refused and never executed. */
  transactionOrRefused(signature: string): ExecutedTransaction | undefined {
    return this.transaction(signature) ?? this.#refused.get(signature);
  }

  /** Returns the executed block of a slot. A skipped slot has no block. */
  block(slot: bigint): Extract<LogEntry, { type: "block" }> | undefined {
    for (let index = this.positionOf(slot); this.#entries[index]?.slot === slot; index++) {
      const entry = this.#entries[index];
      if (entry?.type === "block") return entry;
    }
    return undefined;
  }

  /** Indexes the entries since the last call. Most sessions request no transaction, and the signatures are encoded on demand. */
  #indexNew(): void {
    for (; this.#indexed < this.#entries.length; this.#indexed++) {
      const entry = this.#entries[this.#indexed] as LogEntry;
      if (entry.type !== "transaction" && entry.type !== "refused") continue;
      const [signature] = entry.transaction.signatures;
      if (signature !== undefined)
        (entry.type === "refused" ? this.#refused : this.#bySignature).set(signature, entry.transaction);
    }
  }
}

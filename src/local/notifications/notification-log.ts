import type { AccountDiff, ExecutedTransaction } from "../engine/engine.js";
import type { NotificationResult } from "./notification-results.js";

/** An entry of the log, which subscriptions report. */
export type LogEntry =
  | { type: "transaction"; slot: bigint; transaction: ExecutedTransaction }
  /** A transaction of a client that was refused, and is in no block. */
  | { type: "refused"; slot: bigint; transaction: ExecutedTransaction }
  /** Account changes of a block, in a session that replays states without transactions. */
  | { type: "accounts"; slot: bigint; blockTime: bigint | null; diffs: readonly AccountDiff[] }
  /** The end of a block. `parent` is the slot of the previous block. */
  | { type: "block"; slot: bigint; parent: bigint; blockTime: bigint | null }
  /** The result of an action, a probe or a replacement. */
  | { type: "report"; kind: "action" | "diagnostic" | "replacement"; slot: bigint; result: NotificationResult };

/**
 * Everything that a session has executed, in order. Each subscription reads it from its own position, so a slow socket needs no extra
 * memory, and a late subscription gets the history.
 */
export class NotificationLog {
  readonly #entries: LogEntry[] = [];
  readonly #bySignature = new Map<string, ExecutedTransaction>();
  readonly #refused = new Map<string, ExecutedTransaction>();
  readonly #readers = new Set<() => void>();
  #ended = false;
  #firstPosition = 0;

  /** Adds an entry. Readers are notified by the next `announce`. */
  append(entry: LogEntry): void {
    this.#entries.push(entry);
    if (entry.type !== "transaction" && entry.type !== "refused") return;
    const [signature] = entry.transaction.signatures;
    if (signature !== undefined) (entry.type === "refused" ? this.#refused : this.#bySignature).set(signature, entry.transaction);
  }

  announce(): void {
    for (const reader of [...this.#readers]) reader();
  }

  /** The first position that a new subscription can read. */
  get firstPosition(): number {
    return this.#firstPosition;
  }

  /** Evicts the entries before a position for new subscriptions, like a server with a bounded history. For tests. */
  evictBefore(position: number): void {
    this.#firstPosition = Math.max(this.#firstPosition, Math.min(position, this.#entries.length));
  }

  /** Ends the log. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.announce();
  }

  /** Calls `handleNew` when there are more entries, or the end. Returns a function that stops it. */
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

  /** The position of the first entry that is not before a slot. */
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
    return this.#bySignature.get(signature);
  }

  /** A transaction, also one that was refused and never executed. */
  transactionOrRefused(signature: string): ExecutedTransaction | undefined {
    return this.transaction(signature) ?? this.#refused.get(signature);
  }

  /** The executed block of a slot. A skipped slot has none. */
  block(slot: bigint): Extract<LogEntry, { type: "block" }> | undefined {
    for (let index = this.positionOf(slot); this.#entries[index]?.slot === slot; index++) {
      const entry = this.#entries[index];
      if (entry?.type === "block") return entry;
    }
    return undefined;
  }
}

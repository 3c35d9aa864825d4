import type { AccountDiff, ExecutedTransaction } from "../engine/engine.js";
import type { NotificationResult } from "./notification-results.js";

/** Something that subscriptions tell of. */
export type LogEntry =
  | { type: "transaction"; slot: bigint; transaction: ExecutedTransaction }
  /** What a block did to accounts, in a session that replays states and has no transactions. */
  | { type: "accounts"; slot: bigint; blockTime: bigint | null; diffs: readonly AccountDiff[] }
  /** A block is done; `parent` is the slot of the one before it. */
  | { type: "block"; slot: bigint; parent: bigint; blockTime: bigint | null }
  /** What an action did, a probe found, or would have stood in for a swap. */
  | { type: "report"; kind: "action" | "diagnostic" | "replacement"; slot: bigint; result: NotificationResult };

/**
 * All that a session has executed, in order. Each subscription reads it at its own pace from a position of its own: a
 * slow socket costs no memory, and history is there for whoever comes late.
 */
export class NotificationLog {
  readonly #entries: LogEntry[] = [];
  readonly #bySignature = new Map<string, ExecutedTransaction>();
  readonly #readers = new Set<() => void>();
  #ended = false;
  #firstKept = 0;

  /** Readers learn of it at the next `announce`. */
  append(entry: LogEntry): void {
    this.#entries.push(entry);
    if (entry.type !== "transaction") return;
    const [signature] = entry.transaction.signatures;
    if (signature !== undefined) this.#bySignature.set(signature, entry.transaction);
  }

  announce(): void {
    for (const reader of [...this.#readers]) reader();
  }

  /** Position of the first entry that a new subscription can get. */
  get firstKept(): number {
    return this.#firstKept;
  }

  /** Leaves new subscriptions without the entries before a position, as a server does whose history is bounded. For tests. */
  evictBefore(position: number): void {
    this.#firstKept = Math.max(this.#firstKept, Math.min(position, this.#entries.length));
  }

  /** Nothing more will come. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.announce();
  }

  /** `onNews` is called when there is more to read, or the end; what comes back stops that. */
  read(onNews: () => void): () => void {
    this.#readers.add(onNews);
    return () => this.#readers.delete(onNews);
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

  /** A block that was executed, by its slot; a skipped slot has none. */
  block(slot: bigint): Extract<LogEntry, { type: "block" }> | undefined {
    for (let index = this.positionOf(slot); this.#entries[index]?.slot === slot; index++) {
      const entry = this.#entries[index];
      if (entry?.type === "block") return entry;
    }
    return undefined;
  }
}

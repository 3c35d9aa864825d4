import type { ComparisonBuilder } from "./comparison.js";
import type { RecordSide } from "./record-side.js";
import { parseTransactionLine, type TransactionLine } from "./recorded-line.js";
import type { AnyTransaction } from "./recorded-transaction.js";
import { findMoved } from "./slot-order.js";
import { findDifference, orderDifference, soleDifference, type TransactionDifference } from "./transaction-difference.js";

/** Why a join ended. After `unordered` and `tooLarge`, the result is incomplete. */
export type JoinEnd = "done" | "unordered" | "tooLarge";

export interface JoinOptions {
  /** Maximum total size of the pending lines, in characters. `undefined` means no limit. */
  maxPendingSize: number | undefined;
  /**
   * Whether the records are in slot order. If so, a transaction counts as missing as soon as the other record has passed the
   * transaction's slot. If not, a transaction counts as missing only at the end of the records.
   */
  isOrdered: boolean;
  signal: AbortSignal | undefined;
}

/** The maximum difference between the slots of a transaction in the two runs. A transaction is valid for 150 blocks. */
const MAX_SLOT_DIFFERENCE = 150n;
/** Old transactions are dropped for the first time when this number of transactions is stored. */
const FIRST_REVIEW = 4_096;
/** Maximum number of signatures that are stored to detect duplicates. Each takes about 150 bytes. */
const MAX_FINISHED = 200_000;
/** Number of lines after which the signal is checked again. */
const LINES_PER_CHECK = 1_024;

/** A transaction that both runs contain in the same slot. It is stored until all transactions of the slot are known. */
interface SlotPair {
  indexA: number;
  indexB: number;
  signature: string;
  /** The error of the transaction in run B. `null` if the transaction succeeded. */
  err: unknown;
  difference: TransactionDifference | undefined;
}

/**
 * Joins two records by signature, and compares each pair. Both records are read at the same time. A transaction is pending until
 * it is found in the other record, or until the other record has passed the slot of the transaction.
 */
export class RecordJoin {
  readonly #a: RecordSide;
  readonly #b: RecordSide;
  readonly #builder: ComparisonBuilder;
  readonly #options: JoinOptions;
  /** The signatures of the counted transactions, by slot. A transaction with two lines in a record, one per program, counts once. */
  readonly #finished = new Map<bigint, Set<string>>();
  #finishedCount = 0;
  readonly #slots = new Map<bigint, SlotPair[]>();
  #reviewAt = FIRST_REVIEW;

  constructor(a: RecordSide, b: RecordSide, builder: ComparisonBuilder, options: JoinOptions) {
    this.#a = a;
    this.#b = b;
    this.#builder = builder;
    this.#options = options;
  }

  /** @throws SimulatorError `protocol` if a line cannot be read. If the signal is aborted, throws the reason of the signal. */
  async run(): Promise<JoinEnd> {
    const { isOrdered, signal } = this.#options;
    const [a, b] = [this.#a, this.#b];
    for (let lines = 0; ; lines++) {
      if (lines % LINES_PER_CHECK === 0) signal?.throwIfAborted();
      const side = this.#next();
      if (side === undefined) break;
      const line = await side.next();
      if (isOrdered && side.isUnordered) return "unordered";
      if (line !== undefined) this.#add(line, side, side === a ? b : a);
      if (!this.#makeRoom()) return "tooLarge";
    }
    for (const side of [a, b]) for (const line of side.pending.values()) this.#settleAlone(line, side);
    for (const slot of this.#slots.keys()) this.#finishSlot(slot);
    return "done";
  }

  /** Returns the record to read next: the record with less pending text. */
  #next(): RecordSide | undefined {
    const [a, b] = [this.#a, this.#b];
    if (a.isOver) return b.isOver ? undefined : b;
    if (b.isOver || a.pendingSize < b.pendingSize) return a;
    if (a.pendingSize > b.pendingSize) return b;
    return b.slot < a.slot ? b : a;
  }

  #add(line: TransactionLine, side: RecordSide, other: RecordSide): void {
    const counterpart = other.find(line);
    if (counterpart !== undefined) {
      other.drop(counterpart);
      this.#settlePair(side === this.#a ? [line, counterpart] : [counterpart, line]);
      return;
    }
    if (this.#finished.get(line.slot)?.has(line.signature)) return;
    if (side.find(line)?.slot === line.slot) return;
    side.keep(line);
  }

  /**
   * Frees memory. Drops each pending transaction that the other record can no longer contain, and counts the transaction as
   * missing or extra.
   *
   * @returns whether the remaining transactions are below the memory limit
   */
  #makeRoom(): boolean {
    const { maxPendingSize = Number.POSITIVE_INFINITY, isOrdered } = this.#options;
    const a = this.#a;
    const b = this.#b;
    const mustShrink = a.pendingSize + b.pendingSize > maxPendingSize || this.#finishedCount > MAX_FINISHED;
    const count = a.pending.size + b.pending.size + this.#finishedCount;
    if (!mustShrink && count < this.#reviewAt) return true;
    if (!isOrdered) return !mustShrink || maxPendingSize === Number.POSITIVE_INFINITY;
    const margin = mustShrink ? 0n : MAX_SLOT_DIFFERENCE;
    for (const [side, other] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const line of side.pending.values()) {
        if (!other.hasPassed(line.slot, line.program, margin)) continue;
        side.drop(line);
        this.#settleAlone(line, side);
      }
    }
    this.#forgetSlots(margin);
    this.#reviewAt = Math.max(FIRST_REVIEW, 2 * (a.pending.size + b.pending.size + this.#finishedCount));
    // Requires that a quarter of each limit is free. With less, a few more transactions would exceed the limit.
    const isSmall = a.pendingSize + b.pendingSize < 0.75 * maxPendingSize && this.#finishedCount < 0.75 * MAX_FINISHED;
    return !mustShrink || isSmall;
  }

  /**
   * Finishes each slot that both records have passed. Drops the signatures of a slot when both records have passed it by more
   * than `margin` slots.
   */
  #forgetSlots(margin: bigint): void {
    for (const [slot, signatures] of this.#finished) {
      const hasPassed = (margin: bigint) => [this.#a, this.#b].every((side) => side.hasPassed(slot, undefined, margin));
      if (hasPassed(0n)) this.#finishSlot(slot);
      if (!hasPassed(margin)) continue;
      this.#finished.delete(slot);
      this.#finishedCount -= signatures.size;
    }
  }

  #settlePair([lineA, lineB]: readonly [TransactionLine, TransactionLine]): void {
    this.#markFinished(lineA);
    if (lineA.slot !== lineB.slot) this.#markFinished(lineB);
    const b = parseTransactionLine(lineB, this.#b.facts.name);
    const isEqual = lineA.text === lineB.text;
    const a = isEqual ? b : parseTransactionLine(lineA, this.#a.facts.name);
    if (a === undefined || b === undefined) {
      this.#a.facts.notCompared++;
      this.#b.facts.notCompared++;
      return;
    }
    this.#count(this.#a, a);
    this.#count(this.#b, b);
    if (isEqual) {
      this.#builder.addChanges(b, "a", "b");
    } else {
      this.#builder.addChanges(a, "a");
      this.#builder.addChanges(b, "b");
    }
    const difference = isEqual ? undefined : findDifference(a, b);
    if (a.index === undefined || b.index === undefined || a.slot !== b.slot) {
      this.#builder.note(difference);
      return;
    }
    const pairs = this.#slots.get(b.slot) ?? [];
    this.#slots.set(b.slot, pairs);
    pairs.push({ indexA: a.index, indexB: b.index, signature: copyOf(b.signature), err: b.err, difference });
  }

  #settleAlone(line: TransactionLine, side: RecordSide): void {
    this.#markFinished(line);
    const transaction = parseTransactionLine(line, side.facts.name);
    if (transaction === undefined) {
      side.facts.notCompared++;
      return;
    }
    const isA = side === this.#a;
    this.#count(side, transaction);
    this.#builder.addChanges(transaction, isA ? "a" : "b");
    this.#builder.note(soleDifference(isA ? "missing" : "extra", transaction));
  }

  /** Adds the differences of a slot. The slot must be complete, because the order of the transactions is compared too. */
  #finishSlot(slot: bigint): void {
    const pairs = this.#slots.get(slot);
    if (pairs === undefined) return;
    this.#slots.delete(slot);
    const moved = new Set(findMoved(pairs));
    for (const pair of pairs) {
      this.#builder.note(moved.has(pair) ? orderDifference(slot, pair, pair.difference) : pair.difference);
    }
  }

  #count({ facts }: RecordSide, { err }: AnyTransaction): void {
    facts.transactions++;
    if (err !== null) facts.failed++;
  }

  #markFinished({ slot, signature }: TransactionLine): void {
    const signatures = this.#finished.get(slot) ?? new Set();
    this.#finished.set(slot, signatures);
    signatures.add(copyOf(signature));
    this.#finishedCount++;
  }
}

/** Copies a text that is part of a line. Without the copy, JavaScript engines keep the whole line in memory. */
function copyOf(text: string): string {
  return JSON.parse(`"${text}"`) as string;
}

import type { AnyTransaction } from "./recorded-transaction.js";
import { changeOf } from "./transaction-difference.js";

/** What the recorded transactions of a run added to an account: lamports, or an amount of a token. */
export interface ProfitAndLoss {
  account: string;
  /** Absent for lamports. */
  mint?: string;
  /** The owner of a token account, where a record has it. */
  owner?: string;
  decimals?: number;
  /** In A. */
  a: bigint;
  /** In B. */
  b: bigint;
  /** B less A. */
  change: bigint;
  /**
   * Whether `a` and `b` may lack transactions of the beginning, because too many other accounts were changed since. `change` lacks
   * none.
   */
  isPartial: boolean;
}

/** Accounts in memory, about 300 bytes each. */
const MAX_ACCOUNTS = 50_000;

type Row = Omit<ProfitAndLoss, "change">;

/**
 * Adds up the balance changes of two runs, by account and mint. If there are too many accounts, those whose changes are the same in
 * both runs are forgotten first, so that the memory stays bounded.
 */
export class ProfitAndLossTable {
  readonly #max: number;
  readonly #watched: ReadonlySet<string>;
  readonly #rows = new Map<string, Row>();
  #hasForgotten = false;
  /** Accounts with a difference that were forgotten. */
  omitted = 0;

  /** @param watched accounts, or owners of token accounts, that are never forgotten */
  constructor(watched: Iterable<string> = [], max = MAX_ACCOUNTS) {
    this.#watched = new Set(watched);
    this.#max = max;
  }

  /** Adds a transaction to one side, or the same transaction to both. */
  add(transaction: AnyTransaction, ...sides: ("a" | "b")[]): void {
    for (const balance of transaction.changedBalances) {
      const change = changeOf(balance);
      if (change === 0n) continue;
      const { account, mint, owner, decimals } = balance;
      const key = mint === undefined ? account : `${account} ${mint}`;
      let row = this.#rows.get(key);
      if (row === undefined) {
        row = {
          account,
          ...(mint !== undefined && { mint }),
          ...(owner !== undefined && { owner }),
          ...(decimals !== undefined && { decimals }),
          a: 0n,
          b: 0n,
          isPartial: this.#hasForgotten,
        };
        this.#rows.set(key, row);
      }
      for (const side of sides) row[side] += change;
    }
    // Pairs are added one after the other: between the two, the sides differ.
    if (this.#rows.size > this.#max && sides[sides.length - 1] === "b") this.#forget();
  }

  /** The rows, the largest differences first, then the largest amounts. @param limit at most this many, besides the watched ones */
  rows(limit: number): ProfitAndLoss[] {
    const rows = [...this.#rows.values()].map((row) => ({ ...row, change: row.b - row.a })).sort(byChange);
    const kept = new Set(rows.slice(0, limit));
    return rows.filter((row) => kept.has(row) || this.#isWatched(row));
  }

  #isWatched({ account, owner }: Pick<Row, "account" | "owner">): boolean {
    return this.#watched.has(account) || (owner !== undefined && this.#watched.has(owner));
  }

  #forget(): void {
    this.#hasForgotten = true;
    const goal = this.#max / 2;
    for (const [key, row] of this.#rows) {
      if (this.#rows.size <= goal) return;
      if (row.a === row.b && !this.#isWatched(row)) this.#rows.delete(key);
    }
    if (this.#rows.size <= this.#max) return;
    const smallest = [...this.#rows].sort(([, a], [, b]) => (size(a.b - a.a) < size(b.b - b.a) ? -1 : 1));
    for (const [key, row] of smallest) {
      if (this.#rows.size <= goal) return;
      if (this.#isWatched(row)) continue;
      this.#rows.delete(key);
      this.omitted++;
    }
  }
}

function byChange(x: ProfitAndLoss, y: ProfitAndLoss): number {
  const byDifference = compare(size(y.change), size(x.change));
  if (byDifference !== 0) return byDifference;
  return compare(size(y.a), size(x.a)) || (x.account < y.account ? -1 : 1);
}

function compare(x: bigint, y: bigint): number {
  return x < y ? -1 : x > y ? 1 : 0;
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}

import type { AnyTransaction } from "./recorded-transaction.js";
import { changeOf } from "./transaction-difference.js";

/**
 * How much the recorded transactions of a run added to an account: lamports, or an amount of a token in the smallest unit of its
 * mint.
 */
export interface ProfitAndLoss {
  /** The address of the account. */
  account: string;
  /** The address of the mint. Absent for lamports. */
  mint?: string;
  /** The owner of the token account. Absent if neither record contains the owner. */
  owner?: string;
  /** The decimals of the mint, if a record contains them. */
  decimals?: number;
  /** The amount in run A. */
  a: bigint;
  /** The amount in run B. */
  b: bigint;
  /** `b` minus `a`. */
  change: bigint;
  /**
   * Whether `a` and `b` can lack earlier changes of this account. If there are too many accounts, some accounts and their changes
   * are dropped.
   */
  isPartial: boolean;
}

/** Maximum number of accounts in memory, about 300 bytes each. */
const MAX_ACCOUNTS = 50_000;

type Row = Omit<ProfitAndLoss, "change">;

/**
 * Adds up the balance changes of two runs, by account, mint and owner. To limit the memory use, accounts are dropped if there are
 * too many. Accounts with equal changes in both runs are dropped first.
 */
export class ProfitAndLossTable {
  readonly #max: number;
  readonly #watched: ReadonlySet<string>;
  readonly #rows = new Map<string, Row>();
  #hasForgotten = false;
  /** Number of accounts that were dropped to limit the memory use, although their amounts differ between the runs. */
  omitted = 0;

  /** @param watched addresses of accounts or of token owners. Their rows are never dropped. */
  constructor(watched: Iterable<string> = [], max = MAX_ACCOUNTS) {
    this.#watched = new Set(watched);
    this.#max = max;
  }

  /** Adds the balance changes of a transaction to each run in `sides`. */
  add(transaction: AnyTransaction, ...sides: ("a" | "b")[]): void {
    for (const balance of transaction.changedBalances) {
      const change = changeOf(balance);
      if (change === 0n) continue;
      const { account, mint, owner, decimals } = balance;
      const key = mint === undefined ? account : `${account} ${mint} ${owner ?? ""}`;
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
    // A transaction of both runs can take two calls, first with `a`, then with `b`. No row is dropped between these calls.
    if (this.#rows.size > this.#max && sides[sides.length - 1] === "b") this.#forget();
  }

  /**
   * Returns the rows with the largest differences first. Rows with equal differences are sorted by amount.
   *
   * @param limit maximum number of rows; watched accounts are returned even beyond this limit
   */
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

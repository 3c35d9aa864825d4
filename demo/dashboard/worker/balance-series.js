// @ts-check
import { balanceOf, mintOf } from "./account-balance.js";

/** @typedef {import("../../../dist/browser.js").AccountDiff} AccountDiff */

const POINTS = 2000;

/** The balances of an account by slot. When the series is full, it drops every second point, but never the newest point. */
export class BalanceSeries {
  /** @type {{ slot: number, balance: bigint }[]} */
  #points = [];
  /** The balance before the first change. @type {bigint | undefined} */
  #start;
  /** The mint of a token account. @type {string | undefined} */
  mint;
  /** @type {string} */
  account;

  /** @param {string} account */
  constructor(account) {
    this.account = account;
  }

  /** @param {AccountDiff} diff of this account */
  add(diff) {
    if (this.#start === undefined) this.mint = mintOf(diff);
    const isToken = this.mint !== undefined;
    this.#start ??= balanceOf(diff.pre, isToken);
    const point = { slot: Number(diff.context.slot), balance: balanceOf(diff.post, isToken) };
    const last = this.#points.at(-1);
    if (last !== undefined && last.slot > point.slot) {
      // Inserts the point in slot order, because the sub-ranges of a parallel run execute different slots at the same time.
      const after = this.#points.findIndex(({ slot: other }) => other > point.slot);
      this.#points.splice(after, 0, point);
    } else if (last?.slot === point.slot) last.balance = point.balance;
    else this.#points.push(point);
    if (this.#points.length > POINTS) this.#points = this.#points.filter((_, index) => (POINTS - index) % 2 === 0);
  }

  get start() {
    return this.#start ?? 0n;
  }

  get points() {
    return this.#points;
  }
}

/**
 * Returns the balances of accounts at common slots. An account keeps its balance until its next change.
 *
 * @param {readonly BalanceSeries[]} all
 * @returns {{ x: Float64Array, columns: BigUint64Array[] }}
 */
export function joinBalances(all) {
  const [first] = all;
  if (first !== undefined && all.length === 1) {
    return {
      x: Float64Array.from(first.points, ({ slot }) => slot),
      columns: [BigUint64Array.from(first.points.map(({ balance }) => balance))],
    };
  }
  const slots = [...new Set(all.flatMap(({ points }) => points.map(({ slot }) => slot)))].sort((a, b) => a - b);
  const columns = all.map(({ points, start }) => {
    let next = 0;
    let balance = start;
    const column = slots.map((slot) => {
      for (; next < points.length && /** @type {{ slot: number }} */ (points[next]).slot <= slot; next++)
        balance = /** @type {{ balance: bigint }} */ (points[next]).balance;
      return balance;
    });
    return BigUint64Array.from(column);
  });
  return { x: Float64Array.from(slots), columns };
}

// @ts-check

const POINTS = 2000;

/** The lamports of an account by slot. A full series drops every second point, but never the newest point. */
export class BalanceSeries {
  /** @type {{ slot: number, lamports: number }[]} */
  #points = [];
  /** @type {string} */
  account;

  /** @param {string} account */
  constructor(account) {
    this.account = account;
  }

  /** @param {bigint} slot @param {bigint} lamports after it; 0 if the account was closed */
  add(slot, lamports) {
    const point = { slot: Number(slot), lamports: Number(lamports) };
    const last = this.#points.at(-1);
    if (last !== undefined && last.slot > point.slot) {
      // Inserted in slot order, because the sub-ranges of a parallel run are at different slots.
      const after = this.#points.findIndex(({ slot: other }) => other > point.slot);
      this.#points.splice(after, 0, point);
    } else if (last?.slot === point.slot) last.lamports = point.lamports;
    else this.#points.push(point);
    if (this.#points.length > POINTS) this.#points = this.#points.filter((_, index) => (POINTS - index) % 2 === 0);
  }

  read() {
    return {
      account: this.account,
      x: Float64Array.from(this.#points, ({ slot }) => slot),
      y: Float64Array.from(this.#points, ({ lamports }) => lamports),
    };
  }
}

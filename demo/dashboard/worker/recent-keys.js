// @ts-check

/** Of these a reload keeps at most so many: whoever mentions none of a run's programs for long would have all of them kept. */
const KEPT = 2_000;

/** Whether a key was there before, among the newest so many. */
export class RecentKeys {
  #capacity;
  /** In the order in which they came, with their slots. @type {Map<string, bigint>} */
  #keys = new Map();

  /** @param {number} capacity */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  /** @param {string} key @param {bigint} slot @returns {boolean} whether it is new */
  add(key, slot) {
    if (this.#keys.has(key)) return false;
    this.#keys.set(key, slot);
    if (this.#keys.size > this.#capacity) {
      const [oldest] = this.#keys.keys();
      this.#keys.delete(/** @type {string} */ (oldest));
    }
    return true;
  }

  /** What may come again where all before a slot is known to have come, for `add`. @param {bigint} slot @returns {[key: string, slot: bigint][]} */
  from(slot) {
    return [...this.#keys].filter(([, of]) => of >= slot).slice(-KEPT);
  }
}

// @ts-check

/** Maximum number of keys saved for a reload. */
const MAX_SAVED = 2_000;

/** Detects duplicates among the newest keys. */
export class RecentKeys {
  #capacity;
  /** Slots by key, in the order of arrival. @type {Map<string, bigint>} */
  #keys = new Map();

  /** @param {number} capacity */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  /** @param {string} key @param {bigint} slot @returns {boolean} whether the key is new */
  add(key, slot) {
    if (this.#keys.has(key)) return false;
    this.#keys.set(key, slot);
    if (this.#keys.size > this.#capacity) {
      const [oldest] = this.#keys.keys();
      this.#keys.delete(/** @type {string} */ (oldest));
    }
    return true;
  }

  /** Returns the keys at or after a slot. A reloaded page restores these keys with `add`. @param {bigint} slot @returns {[key: string, slot: bigint][]} */
  from(slot) {
    return [...this.#keys].filter(([, of]) => of >= slot).slice(-MAX_SAVED);
  }
}

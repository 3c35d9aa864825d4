// @ts-check

/** Whether a key was there before, among the newest so many. */
export class Recent {
  #capacity;
  /** In the order in which they came. @type {Set<string>} */
  #keys = new Set();

  /** @param {number} capacity */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  /** @param {string} key @returns {boolean} whether it is new */
  add(key) {
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    if (this.#keys.size > this.#capacity) {
      const [oldest] = this.#keys;
      this.#keys.delete(/** @type {string} */ (oldest));
    }
    return true;
  }
}

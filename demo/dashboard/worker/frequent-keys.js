// @ts-check

/**
 * Finds the most frequent keys in a stream in bounded memory. The result always includes keys whose share is more than 1/capacity
 * (Misra and Gries, 1982).
 */
export class FrequentKeys {
  #capacity;
  /** @type {Map<string, number>} */
  #counts = new Map();

  /** @param {number} capacity */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  /** @param {string} key */
  add(key) {
    const count = this.#counts.get(key);
    if (count !== undefined) this.#counts.set(key, count + 1);
    else if (this.#counts.size < this.#capacity) this.#counts.set(key, 1);
    else this.#decrement();
  }

  /** Returns the most frequent keys with their counts, the most frequent key first. @param {number} length @returns {[key: string, count: number][]} */
  top(length) {
    return [...this.#counts].sort(([, a], [, b]) => b - a).slice(0, length);
  }

  #decrement() {
    for (const [key, count] of this.#counts) {
      if (count === 1) this.#counts.delete(key);
      else this.#counts.set(key, count - 1);
    }
  }
}

// @ts-check

/**
 * A buffer with the newest items in a stream, up to a capacity. The first item of the stream has the number 0.
 *
 * @template T
 */
export class RingBuffer {
  /** @type {T[]} */
  #items = [];
  #capacity;
  #total = 0;

  /** @param {number} capacity */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  /** Number of all pushed items, including dropped items. */
  get total() {
    return this.#total;
  }

  /** Index of the oldest buffered item, counted from the first item ever pushed. */
  get first() {
    return this.#total - this.#items.length;
  }

  /** @param {T} item */
  push(item) {
    if (this.#items.length < this.#capacity) this.#items.push(item);
    else this.#items[this.#total % this.#capacity] = item;
    this.#total++;
  }

  /** @param {number} number @returns {T | undefined} `undefined` if the item is not in the buffer */
  at(number) {
    return number < this.first || number >= this.#total ? undefined : this.#items[number % this.#capacity];
  }

  /** Oldest first. */
  *[Symbol.iterator]() {
    for (let number = this.first; number < this.#total; number++) yield/** @type {T} */ (this.at(number));
  }
}

// @ts-check

/**
 * The newest items of a stream, as many as it has room for. Each item has a number, counted from the stream's beginning.
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

  /** Items since the beginning. */
  get total() {
    return this.#total;
  }

  /** Number of the oldest one that is still here. */
  get first() {
    return this.#total - this.#items.length;
  }

  /** @param {T} item */
  push(item) {
    if (this.#items.length < this.#capacity) this.#items.push(item);
    else this.#items[this.#total % this.#capacity] = item;
    this.#total++;
  }

  /** @param {number} number @returns {T | undefined} `undefined` if it isn't here, no more or not yet */
  at(number) {
    return number < this.first || number >= this.#total ? undefined : this.#items[number % this.#capacity];
  }

  /** Oldest first. */
  *[Symbol.iterator]() {
    for (let number = this.first; number < this.#total; number++) yield/** @type {T} */ (this.at(number));
  }
}

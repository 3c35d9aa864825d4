// @ts-check
import { RingBuffer } from "./ring-buffer.js";

/** @typedef {import("../contract.js").TableWindow} TableWindow */

/** Maximum number of rows in a window. */
const MAX_WINDOW = 200;

/**
 * The newest items in a stream, with a window for the page, newest first. Only visible items are converted to rows: about 30 of the
 * 20,000 items per second.
 *
 * @template Item, Row
 */
export class RowTable {
  /** @type {RingBuffer<Item>} */
  #ring;
  /** Numbers of the items that match the filter; `undefined` without a filter. @type {RingBuffer<number> | undefined} */
  #matches;
  #capacity;
  #toRow;
  #toText;
  #filter = "";
  /** @type {TableWindow} */
  #window = { first: 0, count: 40, asOf: undefined };

  /**
   * @param {number} capacity
   * @param {(item: Item, id: number) => Row} toRow
   * @param {(item: Item) => string} toText searchable text in lower case
   */
  constructor(capacity, toRow, toText) {
    this.#capacity = capacity;
    this.#ring = new RingBuffer(capacity);
    this.#toRow = toRow;
    this.#toText = toText;
  }

  get total() {
    return this.#ring.total;
  }

  /** @param {Item} item */
  push(item) {
    if (this.#matches !== undefined && this.#toText(item).includes(this.#filter)) this.#matches.push(this.#ring.total);
    this.#ring.push(item);
  }

  /** @param {number} id */
  item(id) {
    return this.#ring.at(id);
  }

  /** All items, oldest first, ignoring the filter. */
  items() {
    return this.#ring;
  }

  /** @param {number} id */
  row(id) {
    const item = this.#ring.at(id);
    return item === undefined ? undefined : this.#toRow(item, id);
  }

  /** @param {TableWindow} window */
  setWindow({ first, count, asOf }) {
    this.#window = { first: Math.max(0, first), count: Math.min(Math.max(0, count), MAX_WINDOW), asOf };
  }

  /** @param {string} text */
  setFilter(text) {
    this.#filter = text.trim().toLowerCase();
    this.#window = { ...this.#window, first: 0, asOf: undefined };
    if (this.#filter === "") {
      this.#matches = undefined;
      return;
    }
    this.#matches = new RingBuffer(this.#capacity);
    let number = this.#ring.first;
    for (const item of this.#ring) {
      if (this.#toText(item).includes(this.#filter)) this.#matches.push(number);
      number++;
    }
  }

  read() {
    const shown = this.#matches;
    const total = shown?.total ?? this.#ring.total;
    const oldest = shown === undefined ? this.#ring.first : this.#firstAvailable(shown);
    const newest = Math.min(this.#window.asOf ?? total, total) - 1;
    /** @type {Row[]} */
    const rows = [];
    for (let at = newest - this.#window.first; at >= oldest && rows.length < this.#window.count; at--) {
      const row = this.row(shown === undefined ? at : /** @type {number} */ (shown.at(at)));
      if (row !== undefined) rows.push(row);
    }
    return { total, available: total - oldest, dropped: this.#ring.first, filter: this.#filter, window: this.#window, rows };
  }

  /** The oldest matching item that is still in the buffer. @param {RingBuffer<number>} matches */
  #firstAvailable(matches) {
    let low = matches.first;
    let high = matches.total;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (/** @type {number} */ (matches.at(middle)) < this.#ring.first) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

// @ts-check
import { NO_FILTER } from "../table-filter.js";
import { RingBuffer } from "./ring-buffer.js";

/** @typedef {import("../contract.js").TableFilter} TableFilter */
/** @typedef {import("../contract.js").TableWindow} TableWindow */

/** Maximum number of rows in a window. */
const MAX_WINDOW = 200;
/** Number of items that are compared with the filter before the time limit is checked again. */
const SEARCH_BATCH = 50;

/**
 * Stores the newest items of a stream. The page reads a window of rows, newest first. Only the items in the window are converted to
 * rows. The filter runs when the table is read, so that a slow filter delays no event.
 *
 * @template Item, Row
 */
export class RowTable {
  /** @type {RingBuffer<Item>} */
  #ring;
  /** The ids of the items that match the filter. `undefined` if there is no filter. @type {RingBuffer<number> | undefined} */
  #matches;
  #capacity;
  #toRow;
  #toMatcher;
  /** @type {TableFilter} */
  #filter = NO_FILTER;
  /** @type {((item: Item) => boolean) | undefined} */
  #isMatch;
  /** The id of the first item that has not been compared with the filter. */
  #searched = 0;
  /** @type {TableWindow} */
  #window = { first: 0, count: 40, asOf: undefined };

  /**
   * @param {number} capacity
   * @param {(item: Item, id: number) => Row} toRow
   * @param {(filter: TableFilter) => ((item: Item) => boolean) | undefined} toMatcher returns `undefined` if every item matches
   */
  constructor(capacity, toRow, toMatcher) {
    this.#capacity = capacity;
    this.#ring = new RingBuffer(capacity);
    this.#toRow = toRow;
    this.#toMatcher = toMatcher;
  }

  get total() {
    return this.#ring.total;
  }

  /** Whether some items have not yet been compared with the filter. */
  get isSearching() {
    return this.#matches !== undefined && this.#searched < this.#ring.total;
  }

  /** @param {Item} item */
  push(item) {
    this.#ring.push(item);
  }

  /** @param {number} id */
  item(id) {
    return this.#ring.at(id);
  }

  /** Returns all items, oldest first, ignoring the filter. */
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

  /** @param {TableFilter} filter */
  setFilter(filter) {
    this.#filter = filter;
    this.#window = { ...this.#window, first: 0, asOf: undefined };
    this.#isMatch = this.#toMatcher(filter);
    this.#searched = this.#ring.first;
    this.#matches = this.#isMatch === undefined ? undefined : new RingBuffer(this.#capacity);
  }

  /**
   * Compares new items with the filter.
   *
   * @param {number} [budgetMs] time limit, after which the search stops. The next call continues the search
   */
  search(budgetMs = Number.POSITIVE_INFINITY) {
    const [matches, isMatch] = [this.#matches, this.#isMatch];
    if (matches === undefined || isMatch === undefined) return;
    const end = performance.now() + budgetMs;
    this.#searched = Math.max(this.#searched, this.#ring.first);
    for (let count = 1; this.#searched < this.#ring.total; count++) {
      const item = /** @type {Item} */ (this.#ring.at(this.#searched));
      if (isMatch(item)) matches.push(this.#searched);
      this.#searched++;
      if (count % SEARCH_BATCH === 0 && performance.now() > end) return;
    }
  }

  /** Returns the index of a row among the matching rows, and the ids of its neighbors. @param {number} id @returns {{ index?: number, newer?: number, older?: number }} */
  placeOf(id) {
    const matches = this.#matches;
    if (matches === undefined) {
      return {
        index: id,
        ...(id + 1 < this.#ring.total && { newer: id + 1 }),
        ...(id > this.#ring.first && { older: id - 1 }),
      };
    }
    const at = lowerBound(matches, id);
    const isMatch = matches.at(at) === id;
    const newer = matches.at(isMatch ? at + 1 : at);
    const older = matches.at(at - 1);
    return {
      ...(isMatch && { index: at }),
      ...(newer !== undefined && { newer }),
      ...(older !== undefined && older >= this.#ring.first && { older }),
    };
  }

  read() {
    const shown = this.#matches;
    const total = shown?.total ?? this.#ring.total;
    const oldest = shown === undefined ? this.#ring.first : lowerBound(shown, this.#ring.first);
    const newest = Math.min(this.#window.asOf ?? total, total) - 1;
    /** @type {Row[]} */
    const rows = [];
    for (let at = newest - this.#window.first; at >= oldest && rows.length < this.#window.count; at--) {
      const row = this.row(shown === undefined ? at : /** @type {number} */ (shown.at(at)));
      if (row !== undefined) rows.push(row);
    }
    return {
      total,
      available: total - oldest,
      dropped: this.#ring.first,
      filter: this.#filter,
      isSearching: this.isSearching,
      window: this.#window,
      rows,
    };
  }
}

/** `matches` contains ids in ascending order. Returns the index of the first id that is not less than `id`. @param {RingBuffer<number>} matches @param {number} id */
function lowerBound(matches, id) {
  let low = matches.first;
  let high = matches.total;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (/** @type {number} */ (matches.at(middle)) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

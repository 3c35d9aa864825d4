// @ts-check
// Arithmetic of a virtual table. docs/decisions.md says why this is not a library.

/** Number of additional rows above and below the visible area. */
const OVERSCAN = 6;
/** The window moves in steps of this number of rows, so that not every scroll event requests rows from the worker. */
const STRIDE = 4;

/**
 * Returns the range of rows that must be in the document.
 *
 * @param {{ scrollTop: number, height: number, rowHeight: number, rowCount: number }} view in CSS pixels
 * @returns {{ first: number, count: number }} row numbers start at 0
 */
export function windowOf({ scrollTop, height, rowHeight, rowCount }) {
  const top = Math.max(0, Math.floor(scrollTop / rowHeight) - OVERSCAN);
  const first = Math.max(0, Math.min(top - (top % STRIDE), rowCount - 1));
  const bottom = Math.ceil((scrollTop + height) / rowHeight) + OVERSCAN;
  const last = bottom + ((STRIDE - (bottom % STRIDE)) % STRIDE);
  return { first, count: Math.max(0, last - first) };
}

/**
 * An anchor fixes the positions of the rows while new rows arrive. Position 0 is the row that was the newest when the anchor was
 * set.
 *
 * @typedef {{ asOf: number, rowCount: number }} Anchor
 * `asOf`: total number of rows when the anchor was set. `rowCount`: how many of these rows were in memory at that time.
 */

/**
 * Returns what has changed since an anchor was set.
 *
 * @param {Anchor} anchor
 * @param {{ total: number, available: number }} table the current state
 * @returns {{ newer: number, available: number, dropped: number }} `newer`: rows that were added after the anchor was set.
 * `available`: older rows that are in memory. `dropped`: older rows that are no longer in memory
 */
export function sinceAnchor(anchor, { total, available }) {
  const newer = Math.max(0, total - anchor.asOf);
  const remaining = Math.min(anchor.rowCount, Math.max(0, available - newer));
  return { newer, available: remaining, dropped: anchor.rowCount - remaining };
}

/**
 * Returns the row that a key moves to.
 *
 * @param {string} key
 * @param {number} from the active row
 * @param {number} rowCount
 * @param {number} page number of visible rows
 * @returns {number | undefined} `undefined` if the table does not handle the key
 */
export function rowForKey(key, from, rowCount, page) {
  const to = { ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page, Home: 0, End: rowCount - 1 }[
    key
  ];
  return to === undefined ? undefined : Math.max(0, Math.min(to, rowCount - 1));
}

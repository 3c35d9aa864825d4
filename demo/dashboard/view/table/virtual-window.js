// @ts-check
// Which rows of a long table are worth having: those in sight, and a few on either side.

/** Rows that are kept beyond each edge of what is in sight. */
const OVERSCAN = 6;
/** The window moves by so many rows at once: a slow scroll asks the worker every few rows, not at every pixel. */
const STRIDE = 4;

/**
 * @param {{ scrollTop: number, height: number, rowHeight: number, rowCount: number }} view in CSS pixels
 * @returns {{ first: number, count: number }} rows, of which the first is number 0
 */
export function windowOf({ scrollTop, height, rowHeight, rowCount }) {
  const top = Math.max(0, Math.floor(scrollTop / rowHeight) - OVERSCAN);
  const first = Math.max(0, Math.min(top - (top % STRIDE), rowCount - 1));
  const bottom = Math.ceil((scrollTop + height) / rowHeight) + OVERSCAN;
  const last = bottom + ((STRIDE - (bottom % STRIDE)) % STRIDE);
  return { first, count: Math.max(0, last - first) };
}

/**
 * Where a table stands in its stream. It follows the newest row, or it is anchored: then row n stays row n, whatever comes or goes.
 *
 * @typedef {{ asOf: number, rowCount: number }} Anchor
 * `asOf`: rows that there had been; `rowCount`: rows that were held then. Those that are dropped later leave their places behind.
 */

/**
 * What has become of an anchored table since.
 *
 * @param {Anchor} anchor
 * @param {{ total: number, held: number }} table as it is now
 * @returns {{ newer: number, held: number, lost: number }} rows that came after the anchor; of those before it, held and lost
 */
export function sinceAnchor(anchor, { total, held }) {
  const newer = Math.max(0, total - anchor.asOf);
  const stillHeld = Math.min(anchor.rowCount, Math.max(0, held - newer));
  return { newer, held: stillHeld, lost: anchor.rowCount - stillHeld };
}

/**
 * Where a key leads to.
 *
 * @param {string} key
 * @param {number} from the active row
 * @param {number} rowCount
 * @param {number} page rows in sight
 * @returns {number | undefined} `undefined`: the key is none of the table's
 */
export function rowForKey(key, from, rowCount, page) {
  const to = { ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page, Home: 0, End: rowCount - 1 }[
    key
  ];
  return to === undefined ? undefined : Math.max(0, Math.min(to, rowCount - 1));
}

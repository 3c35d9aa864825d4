// @ts-check
import { h } from "./dom.js";
import { formatCount } from "./number-format.js";

const TYPES = { ndjson: "application/x-ndjson", csv: "text/csv" };
const FILES = { transactions: "transactions", accountDiffs: "account-diffs", logs: "logs" };

/**
 * Saves a table as a file.
 *
 * @param {Extract<import("../contract.js").Message, { type: "exported" }>} exported
 * @returns {string} what the user is told of it
 */
export function saveExported({ table, format, text, rows, dropped }) {
  const url = URL.createObjectURL(new Blob([text], { type: TYPES[format] }));
  const file = `${FILES[table]}.${format}`;
  h("a", { href: url, download: file }).click();
  // The download has its hold of the blob by the next task; ten seconds are for a browser that asks where to.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  return `${file}: ${formatCount(rows, "row")} saved. ${tellDropped(dropped)}`;
}

/** @param {number} dropped */
function tellDropped(dropped) {
  if (dropped === 0) return "Nothing is missing.";
  return `${formatCount(dropped, "row")} had been dropped before, and ${dropped === 1 ? "isn’t" : "aren’t"} in it.`;
}

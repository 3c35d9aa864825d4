// @ts-check
import { h } from "./dom.js";
import { formatCount } from "./number-format.js";

const TYPES = { ndjson: "application/x-ndjson", csv: "text/csv" };
const FILES = { transactions: "transactions", accountDiffs: "account-diffs", logs: "logs" };

/**
 * Saves an exported table as a file download.
 *
 * @param {Extract<import("../contract.js").Message, { type: "exported" }>} exported
 * @returns {string} status message
 */
export function saveExported({ table, format, text, rows, dropped }) {
  const url = URL.createObjectURL(new Blob([text], { type: TYPES[format] }));
  const file = `${FILES[table]}.${format}`;
  h("a", { href: url, download: file }).click();
  // The URL must stay valid while the browser asks the user where to save the file.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  return `${file}: ${formatCount(rows, "row")} saved. ${describeDropped(dropped)}`;
}

/** @param {number} dropped */
function describeDropped(dropped) {
  if (dropped === 0) return "No rows are missing.";
  return `${formatCount(dropped, "older row")} ${dropped === 1 ? "was" : "were"} dropped before the export.`;
}

// @ts-check

/** @typedef {Record<string, unknown>} Row */

/** Returns one JSON object per line. 64-bit integers have all digits. @param {Iterable<Row>} rows */
export function toNdjson(rows) {
  let text = "";
  for (const row of rows) text += `${toJson(row)}\n`;
  return text;
}

/** @param {unknown} value @returns {string} */
function toJson(value) {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toJson(member)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** Returns CSV (RFC 4180) with a header. The members of a list are separated by spaces. @param {Iterable<Row>} rows @param {readonly string[]} columns */
export function toCsv(rows, columns) {
  let text = `${columns.join(",")}\r\n`;
  for (const row of rows) text += `${columns.map((column) => toField(row[column])).join(",")}\r\n`;
  return text;
}

/** @param {unknown} value */
function toField(value) {
  if (value === undefined || value === null) return "";
  const text = Array.isArray(value) ? value.join(" ") : String(value);
  // A leading quote keeps spreadsheets from evaluating a cell as a formula (OWASP, CSV injection). Negative numbers get no quote.
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** CSV columns of each table, in order. @type {Record<import("../contract.js").TableName, readonly string[]>} */
export const COLUMNS = {
  transactions: ["slot", "index", "signature", "error", "reason", "fee", "computeUnits", "programs", "subRange"],
  accountDiffs: [
    "slot",
    "account",
    "signature",
    "owner",
    "before",
    "after",
    "mint",
    "tokensBefore",
    "tokensAfter",
    "decimals",
    "bytesBefore",
    "bytesAfter",
    "changedBytes",
    "subRange",
  ],
  logs: ["slot", "signature", "text", "isFailure", "subRange"],
};

import { stringifyJson } from "../codec/json.js";
import type { RecordEncoder } from "./record-encoder.js";
import { RECORD_COLUMNS, recordRow } from "./record-row.js";
import type { RecordableEvent } from "./recordable-event.js";

/** RFC 4180 requires this line end. */
const LINE_END = "\r\n";

export const CSV_HEADER = `${RECORD_COLUMNS.join(",")}${LINE_END}`;

/** Writes the figures of transactions and account changes as CSV (RFC 4180). */
export class CsvEncoder implements RecordEncoder {
  begin(): string {
    return CSV_HEADER;
  }

  addSessions(): undefined {}

  add(event: RecordableEvent): string | undefined {
    return csvLine(event);
  }

  end(): undefined {}
}

/** Formats a transaction or an account change as a line of CSV (RFC 4180). Returns `undefined` for all other events. */
export function csvLine(event: RecordableEvent): string | undefined {
  const row = recordRow(event);
  return row && `${RECORD_COLUMNS.map((column) => cell(row[column])).join(",")}${LINE_END}`;
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = withoutFormulas(typeof value === "string" ? value : stringifyJson(value));
  return /^\s|\s$|[",;\t\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Matches the position before a formula (https://owasp.org/www-community/attacks/CSV_Injection). A formula starts with `=`, `+`,
 * `-`, `@`, one of their full-width forms, a tab or a carriage return. White space, quotes or invisible characters may precede
 * a formula. Positions after semicolons, tabs, bars and line breaks are also checked, because a spreadsheet may split cells there.
 */
const FORMULA = /(^|[;\t\r\n|])(?=[\s\p{C}"'`]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r])/gu;

/** Matches a number. A number is not a formula, although it may start with a sign. */
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;

/** Adds an apostrophe before a formula, so that a spreadsheet shows the cell as text. */
function withoutFormulas(text: string): string {
  return NUMBER.test(text) ? text : text.replace(FORMULA, "$1'");
}

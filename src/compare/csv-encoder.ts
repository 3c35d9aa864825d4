import { stringifyJson } from "../codec/json.js";
import type { RecordEncoder } from "./record-encoder.js";
import { RECORD_COLUMNS, recordRow } from "./record-row.js";
import type { RecordableEvent } from "./recordable-event.js";

/** The line end of RFC 4180. */
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

/** A transaction or an account change as a line of CSV (RFC 4180); `undefined` for all other events. */
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
 * The start of a formula: `=`, `+`, `-` or `@`, also full-width, after any white space, quotes and invisible characters; or a
 * tab or carriage return (https://owasp.org/www-community/attacks/CSV_Injection). A spreadsheet may also split cells at
 * semicolons, tabs and line breaks.
 */
const FORMULA = /(^|[;\t\r\n|])(?=[\s\p{C}"'`]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r])/gu;

/** A number is not a formula. */
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;

/** A spreadsheet shows a cell that starts with an apostrophe as text. */
function withoutFormulas(text: string): string {
  return NUMBER.test(text) ? text : text.replace(FORMULA, "$1'");
}

import { invalidParams, toText } from "./error-helpers.js";

/** Matches RFC 3339, or only a date. `Date.parse` accepts more forms, and reads some of them in the local time zone. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/;

/**
 * Reads a time that the user passed: a `Date`, RFC 3339, or YYYY-MM-DD for midnight in UTC.
 *
 * @throws SimulatorError `invalidParams`
 */
export function toUtcTime(value: unknown, field: string): Date {
  const time = new Date(value instanceof Date || TIME.test(toText(value)) ? (value as Date) : Number.NaN);
  if (Number.isNaN(time.getTime())) throw invalidParams(field, "expected a Date, RFC 3339 or YYYY-MM-DD");
  return time;
}

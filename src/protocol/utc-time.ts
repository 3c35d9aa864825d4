import { invalidParams } from "./simulator-error.js";

/** RFC 3339, or a date alone. `Date.parse` takes much more, some of it in the local time zone. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/;

/**
 * A moment that a user gave: a `Date`, RFC 3339, or YYYY-MM-DD for that day's midnight in UTC.
 *
 * @throws SimulatorError `invalidParams`
 */
export function toUtcTime(value: unknown, field: string): Date {
  const time = new Date(value instanceof Date || TIME.test(value as string) ? (value as Date) : Number.NaN);
  if (Number.isNaN(time.getTime())) throw invalidParams(field, "expected a Date, RFC 3339 or YYYY-MM-DD");
  return time;
}

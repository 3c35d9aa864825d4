// @ts-check
// Tick labels and value ranges of the charts.
import { formatNumber, formatShort } from "./number-format.js";

/** Tick increments for an axis with integers. */
export const WHOLE_STEPS = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/** The decimals of SOL. */
const MOST_DECIMALS = 9;

/** Whether the distance to the nearest integer is at most 1 % of `value`. @param {number} value */
const isNearlyWhole = (value) => Math.abs(value - Math.round(value)) <= value / 100;

/** Formats ticks with the decimals that their increment needs. @param {readonly number[]} marks */
export function decimalMarks(marks) {
  const step = (marks[1] ?? 0) - (marks[0] ?? 0);
  let decimals = 0;
  // Finds the number of decimals. A step of 2.5 needs one decimal, because 2.5 × 10 is whole.
  while (step > 0 && decimals < MOST_DECIMALS && !isNearlyWhole(step * 10 ** decimals)) decimals++;
  const format = new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return marks.map((mark) => format.format(mark));
}

/** @param {readonly number[]} marks */
export const slotMarks = (marks) => marks.map((mark) => (Number.isInteger(mark) ? formatNumber(mark) : ""));

/** @param {readonly number[]} marks */
export const shortMarks = (marks) => marks.map(formatShort);

/** Formats each tick as its distance to `newest` in minutes and seconds, such as `−1:30`. @param {readonly number[]} marks in s @param {number} newest in s */
export function agoMarks(marks, newest) {
  return marks.map((mark) => {
    const ago = Math.round(newest - mark);
    return ago <= 0 ? "now" : `−${Math.floor(ago / 60)}:${`${ago % 60}`.padStart(2, "0")}`;
  });
}

/** Maximum number of bars in a chart. */
const MAX_BARS = 96;

/**
 * Groups slots into at most `MAX_BARS` bars. The number of slots per bar doubles until there are few enough bars.
 *
 * @param {import("../contract.js").Charts["slots"]} slots
 * @param {readonly [first: number, last: number]} [range] the slots to show. If absent, all slots are shown
 * @returns {{ slotsPerBar: number, x: number[], succeeded: number[], failed: number[], computeUnits: number[] }} `x`: the first
 * slot of each bar. All other columns: the mean per slot
 */
export function toBars(slots, range) {
  const { slotsPerBucket, x, succeeded, failed, computeUnits } = range === undefined ? slots : within(slots, range);
  let width = 1;
  while (x.length > width * MAX_BARS) width *= 2;
  /** @param {Float64Array} sums */
  const means = (sums) => {
    const found = [];
    for (let first = 0; first < x.length; first += width) {
      const buckets = sums.subarray(first, first + width);
      found.push(buckets.reduce((sum, value) => sum + value, 0) / (buckets.length * slotsPerBucket));
    }
    return found;
  };
  return {
    slotsPerBar: width * slotsPerBucket,
    x: Array.from(x.filter((_, index) => index % width === 0)),
    succeeded: means(succeeded),
    failed: means(failed),
    computeUnits: means(computeUnits),
  };
}

/** Returns the buckets that contain slots of a range. @param {import("../contract.js").Charts["slots"]} slots @param {readonly [first: number, last: number]} range */
function within({ slotsPerBucket, x, succeeded, failed, computeUnits }, [first, last]) {
  const from = x.findIndex((slot) => slot + slotsPerBucket > first);
  const to = x.findLastIndex((slot) => slot <= last) + 1;
  /** @param {Float64Array} column */
  const part = (column) => (from === -1 ? new Float64Array() : column.subarray(from, Math.max(from, to)));
  return { slotsPerBucket, x: part(x), succeeded: part(succeeded), failed: part(failed), computeUnits: part(computeUnits) };
}

/** Adds the values of two columns, for a stacked chart. @param {readonly number[]} lower @param {readonly number[]} upper */
export const stack = (lower, upper) => upper.map((value, index) => value + (lower[index] ?? 0));

/** Range from 0 to slightly above the maximum. @param {number} most @returns {[number, number]} */
export const fromZero = (most) => [0, most > 0 ? most * 1.08 : 1];

/** Range around the values, with a margin. Used for balances, because their changes are more important than their distance from 0. @param {number} least @param {number} most @returns {[number, number]} */
export function around(least, most) {
  const room = (most - least) * 0.1 || Math.max(1, Math.abs(most) * 0.01);
  return [least < 0 ? least - room : Math.max(0, least - room), most + room];
}

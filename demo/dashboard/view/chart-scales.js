// @ts-check
// What axes and captions of the charts say.
import { formatNumber, formatShort } from "./number-format.js";

/** Steps between two marks of an axis that counts whole things. */
export const WHOLE_STEPS = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

const LAMPORTS_PER_SOL = 1e9;

/** Marks in SOL, all with as many decimals as the step between them takes. @param {readonly number[]} marks in lamports */
export function solMarks(marks) {
  const step = (marks[1] ?? 0) - (marks[0] ?? 0);
  const decimals = step <= 0 ? 0 : Math.max(0, Math.min(9, Math.ceil(-Math.log10(step / LAMPORTS_PER_SOL) - 1e-9)));
  const format = new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return marks.map((mark) => format.format(mark / LAMPORTS_PER_SOL));
}

/** @param {readonly number[]} marks */
export const slotMarks = (marks) => marks.map((mark) => (Number.isInteger(mark) ? formatNumber(mark) : ""));

/** @param {readonly number[]} marks */
export const shortMarks = (marks) => marks.map(formatShort);

/** Time before the newest second: `−1:30`. @param {readonly number[]} marks @param {number} newest both in s */
export function agoMarks(marks, newest) {
  return marks.map((mark) => {
    const ago = Math.round(newest - mark);
    return ago <= 0 ? "now" : `−${Math.floor(ago / 60)}:${`${ago % 60}`.padStart(2, "0")}`;
  });
}

/** Bars that a chart has room for. */
const MAX_BARS = 96;

/**
 * Means over so many slots that the bars can be told from each other. Two bars become one where there are too many: the ones
 * that are there don't move when others come.
 *
 * @param {import("../contract.js").Charts["slots"]} slots
 * @returns {{ slotsPerBar: number, x: number[], succeeded: number[], failed: number[], computeUnits: number[] }} x: a bar's first slot; means a slot
 */
export function toBars({ slotsPerBucket, x, succeeded, failed, computeUnits }) {
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

/** Of one column, on top of another. @param {readonly number[]} lower @param {readonly number[]} upper */
export const stack = (lower, upper) => upper.map((value, index) => value + (lower[index] ?? 0));

/** From 0 to a little above the most. @param {number} most @returns {[number, number]} */
export const fromZero = (most) => [0, most > 0 ? most * 1.08 : 1];

/** Room around lamports, of which the difference tells more than the distance from 0. @param {number} least @param {number} most @returns {[number, number]} */
export function around(least, most) {
  const room = (most - least) * 0.1 || Math.max(1, Math.abs(most) * 0.01);
  return [Math.max(0, least - room), most + room];
}

// @ts-check
// Calculations of the range picker. Slots are exact up to 2^64 - 1.

/** @typedef {{ first: bigint, last: bigint }} Part slots, inclusive */
/** @typedef {"first" | "last"} Edge */
/** @typedef {import("../../../dist/browser.js").AvailableRange} AvailableRange */
/** @typedef {Part & { firstUtc: string | undefined, lastUtc: string | undefined, isOwn: boolean }} Choice a range to choose */

/** Number of steps between the ends of the slider. A pointer position is rounded to a step. */
const STEPS = 1_000_000n;
/** Page Up and Page Down move an edge by the length of the range divided by this number. */
const PAGES = 20n;

/**
 * Returns the ranges that a run can use, ordered by first slot, without duplicates. A range of blocks is usable if the last slot is known.
 *
 * @param {readonly AvailableRange[]} ranges
 * @returns {Choice[]}
 */
export function toChoices(ranges) {
  /** @type {Map<string, Choice>} */
  const choices = new Map();
  for (const { bundleStartSlot, bundleStartSlotUtc, maxBundleEndSlot, maxBundleEndSlotUtc, kind, scope } of ranges) {
    if (maxBundleEndSlot === undefined || maxBundleEndSlot < bundleStartSlot || kind === "account_state") continue;
    choices.set(`${bundleStartSlot} ${maxBundleEndSlot}`, {
      first: bundleStartSlot,
      last: maxBundleEndSlot,
      firstUtc: bundleStartSlotUtc,
      lastUtc: maxBundleEndSlotUtc,
      isOwn: scope === "user",
    });
  }
  return [...choices.values()].sort((a, b) => (a.first === b.first ? compare(a.last, b.last) : compare(a.first, b.first)));
}

/**
 * Returns the ranges that contain the slot or the date in the text. An empty text selects all ranges.
 *
 * @param {readonly Choice[]} choices
 * @param {string} text
 */
export function filterChoices(choices, text) {
  const wanted = text.trim();
  if (wanted === "") return [...choices];
  const digits = wanted.replace(/[,_\s]/g, "");
  const slot = /^\d{5,20}$/.test(digits) ? BigInt(digits) : undefined;
  return choices.filter(({ first, last, firstUtc = "", lastUtc = "" }) =>
    slot === undefined
      ? firstUtc.includes(wanted) || lastUtc.includes(wanted) || (wanted >= firstUtc && wanted <= lastUtc)
      : slot >= first && slot <= last,
  );
}

/** Returns the number of slots in a part. @param {Part} part */
export const sizeOf = ({ first, last }) => last - first + 1n;

/** Moves a part into a range, and shortens a part that is longer than the range. @param {Part} part @param {Part} range @returns {Part} */
export function fitInto(part, range) {
  const size = clamp(sizeOf(part), 1n, sizeOf(range));
  const first = clamp(part.first, range.first, range.last - size + 1n);
  return { first, last: first + size - 1n };
}

/** Whether a part is in a range. @param {Part} part @param {Part} range */
export const isWithin = (part, range) => part.first >= range.first && part.last <= range.last && part.first <= part.last;

/** Moves one edge of a part to a slot. The other edge stays. @param {Part} part @param {Edge} edge @param {bigint} slot @param {Part} range @returns {Part} */
export function moveEdge(part, edge, slot, range) {
  return edge === "first"
    ? { first: clamp(slot, range.first, part.last), last: part.last }
    : { first: part.first, last: clamp(slot, part.first, range.last) };
}

/**
 * Returns the new slot of a slider thumb after a key press, or `undefined` if the key does not move the thumb.
 *
 * @param {string} key as in `KeyboardEvent.key`
 * @param {bigint} slot
 * @param {Part} range
 */
export function slotForKey(key, slot, range) {
  const page = sizeOf(range) / PAGES > 0n ? sizeOf(range) / PAGES : 1n;
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return slot - 1n;
    case "ArrowRight":
    case "ArrowUp":
      return slot + 1n;
    case "PageDown":
      return slot - page;
    case "PageUp":
      return slot + page;
    case "Home":
      return range.first;
    case "End":
      return range.last;
    default:
      return undefined;
  }
}

/** Returns the slot at a position from 0 to 1. @param {number} position @param {Part} range */
export function slotAt(position, range) {
  const steps = BigInt(Math.round(Math.min(1, Math.max(0, position)) * Number(STEPS)));
  return range.first + ((range.last - range.first) * steps + STEPS / 2n) / STEPS;
}

/** Returns the position of a slot, from 0 to 1. @param {bigint} slot @param {Part} range */
export function positionOf(slot, range) {
  const span = range.last - range.first;
  return span === 0n ? 0 : Number(((slot - range.first) * STEPS) / span) / Number(STEPS);
}

/** @param {bigint} slot @param {bigint} least @param {bigint} most */
function clamp(slot, least, most) {
  if (slot < least) return least;
  if (slot > most) return most;
  return slot;
}

/** @param {bigint} a @param {bigint} b */
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

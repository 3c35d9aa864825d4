// @ts-check
import { readSlot } from "./settings.js";

/** Reads a slot range such as `300,000,010 - 300,000,020`, or a single slot. The slots may be in any order. @param {string} text @returns {import("../contract.d.ts").SlotRange | undefined} */
export function readSlotRange(text) {
  const [from = "", to = from, ...more] = text.split(/\s*(?:-|–|—|\bto\b|\.\.)\s*/);
  const [a, b] = [readSlot(from), readSlot(to)];
  if (a === undefined || b === undefined || more.length > 0) return undefined;
  return a <= b ? { first: a, last: b } : { first: b, last: a };
}

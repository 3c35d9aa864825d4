import { expect, it } from "vitest";
import { readSlotRange } from "../../demo/dashboard/view/slot-text.js";

it.each([
  ["300,000,010 - 300,000,020", { first: 300_000_010n, last: 300_000_020n }],
  ["20-10", { first: 10n, last: 20n }],
  ["10 to 20", { first: 10n, last: 20n }],
  ["10–20", { first: 10n, last: 20n }],
  ["7", { first: 7n, last: 7n }],
  ["", undefined],
  ["1-2-3", undefined],
  ["a - b", undefined],
  ["1 - 18446744073709551616", undefined],
])("readSlotRange returns the range for a valid text, and undefined for an invalid text: %j", (text, range) => {
  expect(readSlotRange(text)).toEqual(range);
});

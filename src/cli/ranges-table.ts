import type { AvailableRange } from "../protocol/available-range.js";
import type { Style } from "./terminal/style.js";
import { type Column, table } from "./terminal/table.js";
import { escapeUnsafe } from "./terminal/terminal-text.js";
import { count, plural } from "./terminal/units.js";

const SLOT_COLUMNS: readonly Column[] = [
  { title: "first slot", align: "right" },
  { title: "last slot", align: "right" },
  { title: "slots", align: "right" },
];

/** Formats the available ranges as a table, followed by their number. */
export function rangeLines(ranges: readonly AvailableRange[], style: Style): string[] {
  if (ranges.length === 0) return ["no ranges"];
  const rows = ranges.map(({ bundleStartSlot, maxBundleEndSlot, bundleStartSlotUtc, maxBundleEndSlotUtc, scope }) => [
    String(bundleStartSlot),
    maxBundleEndSlot === undefined ? "?" : String(maxBundleEndSlot),
    maxBundleEndSlot === undefined ? "?" : count(maxBundleEndSlot - bundleStartSlot + 1n),
    escapeUnsafe(bundleStartSlotUtc ?? ""),
    escapeUnsafe(maxBundleEndSlotUtc ?? ""),
    escapeUnsafe(scope ?? ""),
  ]);
  const [header = "", ...lines] = table([...SLOT_COLUMNS, { title: "from" }, { title: "to" }, { title: "scope" }], rows);
  return [style("dim", header), ...lines, style("dim", plural(ranges.length, "range"))];
}

/** Formats the sub-ranges of a split as a table. */
export function subRangeLines(subRanges: readonly { startSlot: bigint; endSlot: bigint }[], style: Style): string[] {
  const rows = subRanges.map(({ startSlot, endSlot }, index) => [
    String(index + 1),
    String(startSlot),
    String(endSlot),
    count(endSlot - startSlot + 1n),
  ]);
  const [header = "", ...lines] = table([{ title: "sub-range", align: "right" }, ...SLOT_COLUMNS], rows);
  return [style("dim", header), ...lines];
}

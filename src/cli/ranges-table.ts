import type { AvailableRange } from "../protocol/available-range.js";
import type { Style } from "./style.js";
import { table } from "./table.js";
import { count, plural } from "./units.js";

/** Ranges as a table, and how many there are. */
export function rangeLines(ranges: readonly AvailableRange[], style: Style): string[] {
  if (ranges.length === 0) return ["there are none"];
  const rows = ranges.map(({ bundleStartSlot, maxBundleEndSlot, bundleStartSlotUtc, maxBundleEndSlotUtc, scope }) => [
    String(bundleStartSlot),
    maxBundleEndSlot === undefined ? "?" : String(maxBundleEndSlot),
    maxBundleEndSlot === undefined ? "?" : count(maxBundleEndSlot - bundleStartSlot + 1n),
    bundleStartSlotUtc ?? "",
    maxBundleEndSlotUtc ?? "",
    scope ?? "",
  ]);
  const [header = "", ...lines] = table(
    [
      { title: "first slot", align: "right" },
      { title: "last slot", align: "right" },
      { title: "slots", align: "right" },
      { title: "from" },
      { title: "to" },
      { title: "scope" },
    ],
    rows,
  );
  return [style("dim", header), ...lines, style("dim", plural(ranges.length, "range"))];
}

/** The parts of a split as a table. */
export function partLines(parts: readonly { startSlot: bigint; endSlot: bigint }[], style: Style): string[] {
  const rows = parts.map(({ startSlot, endSlot }, index) => [
    String(index + 1),
    String(startSlot),
    String(endSlot),
    count(endSlot - startSlot + 1n),
  ]);
  const [header = "", ...lines] = table(
    [
      { title: "part", align: "right" },
      { title: "first slot", align: "right" },
      { title: "last slot", align: "right" },
      { title: "slots", align: "right" },
    ],
    rows,
  );
  return [style("dim", header), ...lines];
}

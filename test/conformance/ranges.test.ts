import { expect, test } from "vitest";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { type AvailableRange, readAvailableRanges } from "../../src/protocol/available-range.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";
import { title, wire } from "./vectors.js";

for (const [index, vector] of wire.ranges.entries()) {
  if (vector.accepted) {
    test(title(index, vector.input, "is read as a range, both from its text and from its parsed value"), () => {
      expect(stringifyJson(readAvailableRanges(vector.input).map(asWire))).toBe(vector.canonical);
      expect(readAvailableRanges(parseJson(vector.input))).toEqual(readAvailableRanges(vector.canonical));
    });
  } else {
    test(title(index, vector.input, "is refused as a range"), () => {
      expect(() => readAvailableRanges(vector.input)).toThrow(SimulatorError);
    });
  }
}

/** Returns a range as the crate writes it, with null for absent fields. */
function asWire(range: AvailableRange) {
  return {
    bundle_start_slot: range.bundleStartSlot,
    bundle_start_slot_utc: range.bundleStartSlotUtc ?? null,
    max_bundle_end_slot: range.maxBundleEndSlot ?? null,
    max_bundle_end_slot_utc: range.maxBundleEndSlotUtc ?? null,
    max_bundle_size: range.maxBundleSize ?? null,
    kind: range.kind ?? null,
    scope: range.scope ?? null,
  };
}

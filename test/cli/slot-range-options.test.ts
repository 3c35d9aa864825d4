import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/command-failure.js";
import { toRange } from "../../src/cli/slot-range-options.js";
import { U64_MAX } from "../../src/protocol/scalars.js";

describe("a range of slots", () => {
  it("the range of --start-slot and --slots contains exactly the given number of slots", () => {
    expect(toRange({ startSlot: 5n, slots: 4n })).toEqual({ startSlot: 5n, endSlot: 8n });
    expect(toRange({ startSlot: 5n, slots: 1n })).toEqual({ startSlot: 5n, endSlot: 5n });
    expect(toRange({ startSlot: 5n, endSlot: 5n })).toEqual({ startSlot: 5n, endSlot: 5n });
  });

  it("--slots 0 selects only the first slot, as in version 0.1", () => {
    expect(toRange({ startSlot: 5n, slots: 0n })).toEqual({ startSlot: 5n, endSlot: 5n });
  });

  it.each([
    [{}, /--start-slot is missing/],
    [{ startSlot: 5n }, /--end-slot or --slots is missing/],
    [{ startSlot: 5n, endSlot: 6n, slots: 2n }, /exclude each other/],
    [{ startSlot: 5n, endSlot: 4n }, /--end-slot 4 is before --start-slot 5/],
    [{ startSlot: U64_MAX, slots: 2n }, /the last slot would be 18446744073709551616/],
  ])("toRange refuses the options %o", (options, message) => {
    expect(() => toRange(options)).toThrow(UsageError);
    expect(() => toRange(options)).toThrow(message);
  });
});

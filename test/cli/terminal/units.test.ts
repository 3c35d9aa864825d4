import { describe, expect, it } from "vitest";
import { bytes, count, duration, plural, wholeDuration } from "../../../src/cli/terminal/units.js";

describe("formatted figures", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1_000, "1,000"],
    [300_000_000n, "300,000,000"],
    [18446744073709551615n, "18,446,744,073,709,551,615"],
  ])("count() formats %s with commas between groups of three digits", (value, text) => {
    expect(count(value)).toBe(text);
  });

  it("plural() selects the singular noun for 1, and the plural noun for any other number", () => {
    expect([plural(1, "slot"), plural(0, "slot"), plural(2_000n, "slot")]).toEqual(["1 slot", "0 slots", "2,000 slots"]);
    expect(plural(2, "address", "addresses")).toBe("2 addresses");
  });

  it.each([
    [0.04, "0.0 s"],
    [9.94, "9.9 s"],
    [10.2, "11 s"],
    [89, "89 s"],
    [90, "2 min"],
    [5_399, "90 min"],
    [5_400, "1.5 h"],
  ])("duration() formats %s seconds with a suitable unit and precision", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it("wholeDuration() formats a duration without decimals", () => {
    expect([wholeDuration(0), wholeDuration(2.1), wholeDuration(200)]).toEqual(["0 s", "3 s", "3 min"]);
  });

  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.0 kB"],
    [2_494_834, "2.5 MB"],
    [3_000_000_000, "3.0 GB"],
    [7e15, "7000.0 TB"],
  ])("bytes() formats %s bytes with a suitable unit", (value, text) => {
    expect(bytes(value)).toBe(text);
  });
});

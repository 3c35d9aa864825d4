import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatRate,
  formatShare,
  formatSlot,
  formatSol,
  shorten,
  thousandths,
} from "../../demo/dashboard/view/number-format.js";

it("formatSlot loses no digits", () => {
  expect(formatSlot(2n ** 64n - 1n)).toBe("18,446,744,073,709,551,615");
  expect(formatSlot(undefined)).toBe("–");
  fc.assert(fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => formatNumber(value).replaceAll(",", "") === `${value}`));
});

describe("formatSol", () => {
  it.each([
    [0n, "0 SOL"],
    [1n, "0.000000001 SOL"],
    [1_500_000_000n, "1.5 SOL"],
    [-5_000n, "-0.000005 SOL"],
    [1_234_000_000_000n, "1,234 SOL"],
  ])("formatSol formats %s lamports as %s", (lamports, text) => {
    expect(formatSol(lamports)).toBe(text);
  });

  it("formatSol preserves every lamport", () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 64n), (lamports) => {
        const [whole = "", fraction = ""] = formatSol(lamports)
          .replace(/[, A-Z-]/g, "")
          .split(".");
        expect(BigInt(whole + fraction.padEnd(9, "0"))).toBe(lamports < 0n ? -lamports : lamports);
      }),
    );
  });
});

it.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [4_200, "4.2 s"],
  [9_949, "9.9 s"],
  [9_950, "10 s"],
  [59_499, "59 s"],
  [59_500, "1 min 00 s"],
  [65_000, "1 min 05 s"],
  [3_599_600, "1 h 00 min"],
  [7_380_000, "2 h 03 min"],
])("a duration of %d ms is formatted as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it.each([
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [999_949, "999.9 kB"],
  [999_950, "1.0 MB"],
  [34_500_000, "34.5 MB"],
  [5e15, "5,000.0 TB"],
])("a size of %d bytes is formatted as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  [0, "0"],
  [7.44, "7.4"],
  [99.94, "99.9"],
  [100, "100"],
  [20_000.4, "20,000"],
])("a rate of %d is formatted as %s", (rate, text) => {
  expect(formatRate(rate)).toBe(text);
});

it("formatShare returns 100 % only if the part equals the total", () => {
  expect(formatShare(1_999_999n, 2_000_000n)).toBe("99.9 %");
  expect(formatShare(2n, 2n)).toBe("100.0 %");
  expect(thousandths(0n, 0n)).toBe(0);
});

it("shorten() changes only long texts", () => {
  expect(shorten("123456789")).toBe("123456789");
  expect(shorten("1234567890")).toBe("1234…7890");
});

it("formatCount uses the singular or the plural of the noun", () => {
  expect([
    formatCount(1, "slot"),
    formatCount(1n, "slot"),
    formatCount(0, "slot"),
    formatCount(2000n, "entry", "entries"),
  ]).toEqual(["1 slot", "1 slot", "0 slots", "2,000 entries"]);
});

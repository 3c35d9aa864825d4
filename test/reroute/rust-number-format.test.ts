import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareTotal,
  fixed,
  groupThousands,
  money,
  signedFixed,
  toI64Saturated,
  toU64Saturated,
  wholeDollars,
} from "../../src/reroute/rust-number-format.js";

describe("the numbers of a report", () => {
  it.each([
    [6.25, 1, "6.2"],
    [6.35, 1, "6.3"],
    [2.5, 0, "2"],
    [3.5, 0, "4"],
    [0.5, 0, "0"],
    [1e21, 0, "1000000000000000000000"],
    [2 ** 100, 2, "1267650600228229401496703205376.00"],
    [5e-324, 1, "0.0"],
    [-0, 2, "-0.00"],
    [-0.001, 2, "-0.00"],
    [Number.NaN, 2, "NaN"],
    [Number.POSITIVE_INFINITY, 2, "inf"],
    [Number.NEGATIVE_INFINITY, 2, "-inf"],
  ])("fixed() formats %d with %i decimals as %s", (value, decimals, text) => {
    expect(fixed(value, decimals)).toBe(text);
  });

  it("fixed() returns the same text as toFixed() if the number is not halfway between two rounded numbers", () => {
    const anyNumber = fc.double({ noNaN: true, min: -1e15, max: 1e15 });
    fc.assert(
      fc.property(anyNumber, fc.integer({ min: 0, max: 4 }), (value, decimals) => {
        // Skips the multiples of 1/64. With at most 4 decimals, only these numbers can be halfway between two rounded numbers.
        fc.pre(!Number.isInteger(value * 2 ** 6) && value !== 0);
        const sign = value < 0 ? "-" : "";
        expect(fixed(value, decimals)).toBe(`${sign}${Math.abs(value).toFixed(decimals)}`);
      }),
    );
  });

  it("signedFixed adds a plus sign to numbers that are not negative, except NaN", () => {
    expect([1, 0, -0, -1, Number.NaN, Number.POSITIVE_INFINITY].map((value) => signedFixed(value, 1))).toEqual([
      "+1.0",
      "+0.0",
      "-0.0",
      "-1.0",
      "NaN",
      "+inf",
    ]);
  });

  it("money() chooses the unit before it rounds the number", () => {
    expect([0, 999.5, 999.4, 1000, 999_950, 1e6, 1.005e6].map(money)).toEqual([
      "$0",
      "$1000",
      "$999",
      "$1.0k",
      "$1000.0k",
      "$1.00M",
      "$1.00M",
    ]);
  });

  it("wholeDollars rounds ties away from zero, and puts the sign first", () => {
    const signed = [0.5, -0.5, -0.4, 1234.5, Number.NaN].map((value) => wholeDollars(value, { signed: true }));
    expect(signed).toEqual(["+1", "-1", "-0", "+1,235", "+0"]);
    expect(wholeDollars(0.49999999999999994)).toBe("0");
  });

  it("groupThousands separates the thousands of large numbers with commas", () => {
    expect([0, 999, 1000, 1234567].map(groupThousands)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });

  it("toU64Saturated and toI64Saturated truncate, saturate, and convert NaN to 0", () => {
    expect([1.9, -1.9, 1e30, -1e30, Number.NaN].map(toU64Saturated)).toEqual([1n, 0n, 2n ** 64n - 1n, 0n, 0n]);
    expect([1.9, -1.9, 1e30, -1e30, Number.NaN].map(toI64Saturated)).toEqual([1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 0n]);
  });

  it("compareTotal sorts -0 before 0, and NaN last", () => {
    expect([Number.NaN, 1, 0, -0, Number.NEGATIVE_INFINITY].sort(compareTotal)).toEqual([
      Number.NEGATIVE_INFINITY,
      -0,
      0,
      1,
      Number.NaN,
    ]);
  });
});

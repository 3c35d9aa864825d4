import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseI64OrFloat, parseU128 } from "../../src/reroute/amount-text.js";

describe("the amount of a hop", () => {
  it.each(["", " ", " 1", "1 ", "0x10", "1_000", "-1", "1.0", "1e3", "+", "١", `${2n ** 128n}`, "9".repeat(20_000)])(
    "parseU128 refuses %j",
    (text) => {
      expect(parseU128(text)).toBeUndefined();
    },
  );

  it("parseU128 accepts leading zeros and a plus sign", () => {
    expect(parseU128("+0005")).toBe(5n);
    expect(parseU128(`${2n ** 128n - 1n}`)).toBe(2n ** 128n - 1n);
    expect(parseU128(`${"0".repeat(20_000)}7`)).toBe(7n);
  });

  it("parseU128 reads the decimal text of every u128", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 128n - 1n), (value) => {
        expect(parseU128(`${value}`)).toBe(value);
      }),
    );
  });

  it.each([
    ["12", 12n],
    ["-12", -12n],
    ["+12", 12n],
    ["1.5e3", 1500n],
    [".5", 0n],
    ["5.", 5n],
    ["-1.9", -1n],
    ["1E2", 100n],
    ["inf", 2n ** 63n - 1n],
    ["-Infinity", -(2n ** 63n)],
    ["NaN", 0n],
    ["9223372036854775808", 2n ** 63n - 1n],
    ["9007199254740993", 9007199254740993n],
  ])("parseI64OrFloat reads %s as an i64, or as a float that is cast to an i64", (text, value) => {
    expect(parseI64OrFloat(text)).toBe(value);
  });

  it.each(["", " 1", "1_0", "0x1", ".", "e5", "1e", "+-1", "infin", "nanx"])("parseI64OrFloat refuses %j", (text) => {
    expect(parseI64OrFloat(text)).toBeUndefined();
  });
});

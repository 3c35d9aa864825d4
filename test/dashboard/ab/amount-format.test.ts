import { describe, expect, it } from "vitest";
import { formatAmount, formatChange } from "../../../demo/dashboard/ab/amount-format.js";

const SOL = { isToken: false };
const USDC = { isToken: true, decimals: 6 };

describe("formatAmount", () => {
  it("formatAmount formats lamports and tokens exactly up to 2^64 - 1", () => {
    expect(formatAmount(2n ** 64n - 1n, SOL)).toBe("18,446,744,073.709551615 SOL");
    expect(formatAmount(2n ** 64n - 1n, USDC)).toBe("18,446,744,073,709.551615");
    expect(formatAmount(1_500_000n, USDC)).toBe("1.5");
    expect(formatAmount(0n, USDC)).toBe("0");
  });

  it("formatAmount formats tokens without known decimals in their smallest unit", () => {
    expect(formatAmount(1_500_000n, { isToken: true, decimals: undefined })).toBe("1,500,000");
    expect(formatAmount(1_500_000n, { isToken: true, decimals: 0 })).toBe("1,500,000");
  });
});

describe("formatChange", () => {
  it("formatChange shows the sign of a change", () => {
    expect(formatChange(-5_000n, SOL)).toBe("−0.000005 SOL");
    expect(formatChange(5_000n, USDC)).toBe("+0.005");
    expect(formatChange(0n, USDC)).toBe("0");
  });
});

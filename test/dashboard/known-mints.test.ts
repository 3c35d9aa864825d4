import { expect, it, test } from "vitest";
import { isAddress } from "../../demo/dashboard/base58-address.js";
import { formatTokens, formatUnits, KNOWN_MINTS, symbolOf, withSign } from "../../demo/dashboard/view/known-mints.js";
import { PRICED_MAJORS, STABLES } from "../../src/reroute/mint-table.js";

const USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";

test("each known mint is a valid address, and has the same symbol and decimals as in the reroute report", () => {
  for (const [mint, [symbol, decimals]] of Object.entries(KNOWN_MINTS)) {
    expect(isAddress(mint), symbol).toBe(true);
    const known = STABLES.get(mint) ?? PRICED_MAJORS.get(mint);
    if (known !== undefined) expect({ symbol, decimals }).toEqual(known);
  }
});

it.each([
  [1_500_250_000n, 6, "1,500.25"],
  [-1n, 9, "-0.000000001"],
  [0n, 6, "0"],
  [12n, 0, "12"],
  [2n ** 64n - 1n, 6, "18,446,744,073,709.551615"],
] as const)("formatUnits formats %s with %s decimals as %s", (amount, decimals, text) => {
  expect(formatUnits(amount, decimals)).toBe(text);
});

test("an amount is shown with the symbol of its mint, or with the shortened address of an unknown mint", () => {
  expect(formatTokens(2_500_000n, { mint: USDC, decimals: 6 })).toBe("2.5 USDC");
  expect(symbolOf("HdUYazDSuB2na3MkU2NvwvhiN7kzq6ejJJBAnDec7qUr")).toBe("HdUY…7qUr");
});

test("withSign adds a plus sign to a positive number, and a minus sign to a negative number", () => {
  expect([withSign("1.5"), withSign("-1.5")]).toEqual(["+1.5", "−1.5"]);
});

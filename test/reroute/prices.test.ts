import { describe, expect, it } from "vitest";
import { PRICED_MAJORS, SOL_MINT, STABLES, USDC_MINT, USDT_MINT } from "../../src/reroute/mint-table.js";
import { pricesOf } from "../../src/reroute/prices.js";
import { requoteOf } from "./replacement-builders.js";

const WBTC = [...PRICED_MAJORS].find(([, { symbol }]) => symbol === "WBTC")![0];
const PYUSD = [...STABLES].find(([, { symbol }]) => symbol === "PYUSD")![0];

/** Returns one trade of 1 SOL for 100 USDC, and three trades of 1 WBTC. The output of each WBTC trade is `l1` base units. */
const trades = (outputMint: string, l1: number) => [
  requoteOf(),
  ...[1, 2, 3].map(() => requoteOf({ inputMint: WBTC, outputMint, amount: 100_000_000, l1 })),
];

describe("pricesOf", () => {
  it.each([
    ["USDC", USDC_MINT, 60_000_000_000],
    ["USDT", USDT_MINT, 60_000_000_000],
    ["SOL", SOL_MINT, 600_000_000_000],
  ])("pricesOf derives the price of WBTC from trades against %s", (_, mint, amount) => {
    expect(pricesOf(trades(mint, amount))?.usd(WBTC, 100_000_000)).toBeCloseTo(60_000);
  });

  it("pricesOf does not derive the price of WBTC from trades against PYUSD", () => {
    expect(pricesOf(trades(PYUSD, 60_000_000_000))?.usd(WBTC, 100_000_000)).toBeUndefined();
  });
});

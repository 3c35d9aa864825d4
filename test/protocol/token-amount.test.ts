import { expect, test } from "vitest";
import { formatUnits, toUiTokenAmount } from "../../src/protocol/token-amount.js";

test.each([
  [1500n, 3, "1.5"],
  [1500n, 0, "1500"],
  [5n, 9, "0.000000005"],
  [0n, 6, "0"],
  [-1_000_000n, 6, "-1"],
  [-5n, 1, "-0.5"],
  [2n ** 64n - 1n, 9, "18446744073.709551615"],
])("formatUnits formats %s with %s decimals as %s", (amount, decimals, text) => {
  expect(formatUnits(amount, decimals)).toBe(text);
});

test("toUiTokenAmount returns the four members that Solana's RPC has for a token amount", () => {
  expect(toUiTokenAmount(1_500_000n, 6)).toEqual({ amount: "1500000", decimals: 6, uiAmount: 1.5, uiAmountString: "1.5" });
});

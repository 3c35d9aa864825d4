import { expect, it, test } from "vitest";
import { differenceText, isAddressValue, toWords, valueText } from "../../../demo/dashboard/view/detail/value-text.js";

const token = { mint: "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", decimals: 6 };

it.each([
  ["lamports", 5_000n, undefined, "0.000005 SOL (5,000 lamports)"],
  ["meta.rentExemptReserve", 2_282_880n, undefined, "0.00228288 SOL (2,282,880 lamports)"],
  ["amount", 1_500_000n, token, "1.5 USDC"],
  ["amount", 1_500_000n, undefined, "1,500,000"],
  ["decimals", 6, token, "6"],
  ["tokenAmount", { amount: "1500000", decimals: 6, uiAmountString: "1.5" }, token, "1.5 USDC"],
  ["tokenAmount", { amount: 1_500_000n, decimals: 6, uiAmountString: "1.5" }, token, "1.5 USDC"],
  ["isNative", false, undefined, "no"],
  ["delegate", null, undefined, "none"],
  ["lockup", { epoch: 7n }, undefined, '{"epoch":"7"}'],
  ["memo", "hello", undefined, "hello"],
])("valueText formats the value of a field with its unit: %s", (name, value, of, text) => {
  expect(valueText(name, value, of)).toBe(text);
});

test("valueText truncates a long text", () => {
  expect(valueText("memo", "x".repeat(10_000)).length).toBeLessThan(500);
});

test("differenceText returns the difference of two integers with sign and unit, and undefined for other values", () => {
  expect(differenceText("amount", 2_000_000n, 500_000n, token)).toEqual({ text: "−1.5 USDC", isGain: false });
  expect(differenceText("lamports", 0n, 5_000n)).toEqual({ text: "+0.000005 SOL", isGain: true });
  expect(differenceText("owner", "a", "b")).toBeUndefined();
  expect(differenceText("amount", undefined, 1n)).toBeUndefined();
});

test("toWords splits a name such as delegatedAmount into words", () => {
  expect([toWords("delegatedAmount"), toWords("lockup.unixTimestamp"), toWords("transfer_checked")]).toEqual([
    "delegated amount",
    "lockup unix timestamp",
    "transfer checked",
  ]);
});

test("isAddressValue accepts only a text that encodes 32 bytes in base58", () => {
  expect([isAddressValue(token.mint), isAddressValue("mint"), isAddressValue(5n)]).toEqual([true, false, false]);
});

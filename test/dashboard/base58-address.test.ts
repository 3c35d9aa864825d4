import bs58 from "bs58";
import fc from "fast-check";
import { expect, it } from "vitest";
import { isAddress, toBase58 } from "../../demo/dashboard/base58-address.js";

it("toBase58 returns the same text as the package bs58", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(toBase58(bytes)).toBe(bs58.encode(bytes));
    }),
  );
});

it("isAddress accepts a base58 text only if it encodes 32 bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 30, maxLength: 34 }), (bytes) => {
      expect(isAddress(bs58.encode(bytes))).toBe(bytes.length === 32);
    }),
  );
});

it("isAddress accepts an address whose first bytes are zero", () => {
  expect(isAddress("11111111111111111111111111111111")).toBe(true);
  expect(isAddress("111111111111111111111111111111111")).toBe(false);
  expect(isAddress("ComputeBudget111111111111111111111111111111")).toBe(true);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase58, encodeBase58 } from "../../src/codec/base58.js";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe("base58", () => {
  for (const [name, decoded, text] of [
    ["no bytes", bytes(), ""],
    ["one zero", bytes(0), "1"],
    ["leading zeros", bytes(0, 0, 1), "112"],
    ["57", bytes(57), "z"],
    ["58", bytes(58), "21"],
    ["a text", new TextEncoder().encode("Hello World!"), "2NEpo7TZRRrLZSi2U"],
    ["the system program", new Uint8Array(32), "1".repeat(32)],
    [
      "the token program",
      Uint8Array.from(Buffer.from("06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9", "hex")),
      "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    ],
  ] as const) {
    test(`${name} is ${text || "empty"}`, () => {
      expect(encodeBase58(decoded)).toBe(text);
      expect(decodeBase58(text)).toEqual(decoded);
    });
  }

  test("reads back what it writes: addresses, signatures and others", () => {
    const size = fc.oneof(fc.constantFrom(32, 64), fc.integer({ min: 0, max: 100 }));
    const drawn = size.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    fc.assert(
      fc.property(drawn, fc.nat({ max: 4 }), (tail, zeros) => {
        const whole = Uint8Array.from([...new Uint8Array(zeros), ...tail]);
        const text = encodeBase58(whole);
        expect(text).toMatch(/^[1-9A-HJ-NP-Za-km-z]*$/);
        expect(decodeBase58(text)).toEqual(whole);
      }),
    );
  });

  test("reads back 4,000 bytes", () => {
    const long = Uint8Array.from({ length: 4000 }, (_, i) => (i * 7919) >>> 3);
    expect(decodeBase58(encodeBase58(long))).toEqual(long);
  });

  for (const bad of ["0", "O", "I", "l", "a b", "+", "é", "So1111111111111111111111111111111111111111!"]) {
    test(`${bad} is none`, () => expect(decodeBase58(bad)).toBeUndefined());
  }
});

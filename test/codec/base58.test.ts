import bs58 from "bs58";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase58, encodeBase58 } from "../../src/codec/base58.js";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const LONGEST = 175;

const bytes = (...values: number[]) => Uint8Array.from(values);

describe("base58", () => {
  for (const [name, decoded, text] of [
    ["no bytes", bytes(), ""],
    ["one zero byte", bytes(0), "1"],
    ["leading zero bytes", bytes(0, 0, 1), "112"],
    ["the byte 57", bytes(57), "z"],
    ["the byte 58", bytes(58), "21"],
    ["an ASCII text", new TextEncoder().encode("Hello World!"), "2NEpo7TZRRrLZSi2U"],
    ["the address of the System program", new Uint8Array(32), "1".repeat(32)],
    [
      "the address of the Token program",
      Uint8Array.from(Buffer.from("06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9", "hex")),
      "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    ],
  ] as const) {
    test(`base58 encodes ${name} as ${text || "an empty text"}, and decodes it`, () => {
      expect(encodeBase58(decoded)).toBe(text);
      expect(decodeBase58(text)).toEqual(decoded);
    });
  }

  for (const bad of [
    "0",
    "O",
    "I",
    "l",
    "a b",
    " ",
    "a\n",
    "+",
    "é",
    "\ud83d\ude00",
    "So1111111111111111111111111111111111111111!",
  ]) {
    test(`base58 refuses ${JSON.stringify(bad)}`, () => expect(decodeBase58(bad)).toBeUndefined());
  }

  test(`decodeBase58 accepts at most ${LONGEST} characters`, () => {
    expect(decodeBase58("z".repeat(LONGEST))).toEqual(bs58.decode("z".repeat(LONGEST)));
    expect(decodeBase58("1".repeat(LONGEST))).toEqual(new Uint8Array(LONGEST));
    expect(decodeBase58("z".repeat(LONGEST + 1))).toBeUndefined();
    expect(decodeBase58("1".repeat(1_000_000))).toBeUndefined();
  });

  test("base58 encodes only the bytes of a view, not the whole buffer of the view", () => {
    const buffer = bytes(9, 9, 0, 1, 2, 9);
    expect(encodeBase58(buffer.subarray(2, 5))).toBe(bs58.encode(bytes(0, 1, 2)));
    expect(buffer).toEqual(bytes(9, 9, 0, 1, 2, 9));
  });
});

// The reference is bs58, which Solana's libraries use.
describe("base58 compared with bs58", () => {
  /** Byte arrays with leading zeros. Some arrays contain only the values 0, 1 and 255, to test the carry. */
  const anyBytes = fc
    .tuple(
      fc.nat({ max: 8 }),
      fc.oneof(fc.uint8Array({ maxLength: 128 }), fc.array(fc.constantFrom(0, 1, 255), { maxLength: 128 })),
    )
    .map(([zeros, tail]) => Uint8Array.from([...new Uint8Array(zeros), ...tail]).subarray(0, 128));

  test("base58 encodes the same text as bs58 for each length up to 128 bytes", () => {
    for (let length = 0; length <= 128; length++) {
      for (const fill of [0, 1, 0x80, 0xff]) {
        const whole = new Uint8Array(length).fill(fill);
        const text = encodeBase58(whole);
        expect(text).toBe(bs58.encode(whole));
        expect(decodeBase58(text)).toEqual(text.length > LONGEST ? undefined : whole);
      }
    }
  });

  test("base58 encodes the same text as bs58 for random bytes, and decodes it", () => {
    fc.assert(
      fc.property(anyBytes, (whole) => {
        const text = encodeBase58(whole);
        expect(text).toBe(bs58.encode(whole));
        expect(decodeBase58(text)).toEqual(text.length > LONGEST ? undefined : whole);
      }),
      { numRuns: 500 },
    );
  });

  test("base58 encodes the same text as bs58 for addresses and signatures", () => {
    const wholes = fc.constantFrom(32, 64).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    fc.assert(
      fc.property(wholes, (whole) => {
        const text = encodeBase58(whole);
        expect(text).toBe(bs58.encode(whole));
        expect(decodeBase58(text)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  test("base58 encodes the same text as bs58 for the 1,232 bytes of a transaction", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1230, maxLength: 1232 }), (whole) => {
        expect(encodeBase58(whole)).toBe(bs58.encode(whole));
      }),
      { numRuns: 10 },
    );
  });

  test("base58 decodes any text of its alphabet to the same bytes as bs58, and encodes these bytes to the same text", () => {
    const digits = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: LONGEST });
    fc.assert(
      fc.property(fc.nat({ max: 8 }), digits, (ones, tail) => {
        const text = `${"1".repeat(ones)}${tail}`.slice(0, LONGEST);
        const read = decodeBase58(text);
        expect(read).toEqual(bs58.decode(text));
        expect(encodeBase58(read ?? bytes())).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("base58 refuses the same texts as bs58, including each text with a character outside the alphabet", () => {
    const odd = fc.oneof(
      fc.constantFrom(..."0OIl +/=\n_-"),
      fc.nat({ max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
    );
    const digits = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 60 });
    fc.assert(
      fc.property(digits, odd, digits, (before, between, after) => {
        const text = before + between + after;
        expect(decodeBase58(text)).toEqual(bs58.decodeUnsafe(text));
        if (!ALPHABET.includes(between)) expect(decodeBase58(text)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

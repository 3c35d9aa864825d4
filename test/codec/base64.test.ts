import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from "../../src/codec/base64.js";

/** Random bytes from a small generator, because large arrays from fast-check are slow. */
function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = length + 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

describe("base64", () => {
  // RFC 4648, 10.
  for (const [text, base64] of [
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
  ] as const) {
    test(`base64 encodes "${text}" as ${base64 || "an empty text"}`, () => {
      expect(encodeBase64(new TextEncoder().encode(text))).toBe(base64);
      expect(new TextDecoder().decode(decodeBase64(base64))).toBe(text);
    });
  }

  test("encodeBase64 returns the same text as Node.js, and decodeBase64 restores the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect(decodeBase64(text)).toEqual(bytes);
      }),
    );
  });

  for (const length of [0x7fff, 0x8000, 0x8001, 0x10000, 300_001]) {
    test(`base64 encodes and decodes ${length} bytes`, () => {
      const bytes = bytesOf(length);
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64"));
      expect(Buffer.compare(decodeBase64(text), bytes)).toBe(0);
    });
  }

  test("base64 encodes only the bytes of a view, not the whole buffer of the view", () => {
    expect(encodeBase64(new Uint8Array([0, 102, 111, 0]).subarray(1, 3))).toBe("Zm8=");
  });

  for (const bad of ["Z", "Zg=", "Zg===", "=", "Zm9v!", "Zm-v", "Zm_v", "Zé==", "Zg==Zg=="]) {
    test(`base64 refuses "${bad}"`, () => expect(() => decodeBase64(bad)).toThrow(SyntaxError));
  }
});

describe("base64url", () => {
  for (const [text, base64url] of [
    ["", ""],
    ["key", "a2V5"],
    ["key1", "a2V5MQ"],
    ["~~~???", "fn5-Pz8_"],
    ["ключ 🔑", "0LrQu9GO0Ycg8J-UkQ"],
    ["\ufeffkey", "77u_a2V5"],
  ] as const) {
    test(`base64url encodes ${JSON.stringify(text)} as ${base64url || "an empty text"}`, () => {
      expect(encodeBase64Url(text)).toBe(base64url);
      expect(decodeBase64Url(base64url)).toBe(text);
    });
  }

  test("base64url encodes any text to characters that are valid in a subprotocol name, and decodes the result", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 100 }), (text) => {
        const encoded = encodeBase64Url(text);
        expect(encoded).toMatch(/^[A-Za-z0-9_-]*$/);
        expect(encoded).toBe(Buffer.from(text, "utf8").toString("base64url"));
        expect(decodeBase64Url(encoded)).toBe(text);
      }),
    );
  });

  test("base64url encodes and decodes a text of 100,000 characters", () => {
    const text = "0123456789 ключ".repeat(7000);
    expect(decodeBase64Url(encodeBase64Url(text))).toBe(text);
  });

  for (const [bad, why] of [
    ["a", "it is too short"],
    ["a b!", "it has characters outside the alphabet"],
    ["__79", "its bytes are not UTF-8"],
    ["wA", "its UTF-8 sequence is truncated"],
  ] as const) {
    test(`base64url refuses "${bad}" because ${why}`, () => expect(() => decodeBase64Url(bad)).toThrow(SyntaxError));
  }
});

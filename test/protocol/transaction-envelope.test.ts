import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  firstSignature,
  messageVersion,
  readEnvelope,
  signatureText,
  writeEnvelope,
} from "../../src/protocol/transaction-envelope.js";

const base64 = (...parts: ArrayLike<number>[]) => Buffer.concat(parts.map((part) => Uint8Array.from(part))).toString("base64");
const signature = fc.uint8Array({ minLength: 64, maxLength: 64 });

describe("messageVersion", () => {
  test.each([
    [0x01, "legacy"],
    [0x7f, "legacy"],
    [0x80, 0],
    [0x81, 1],
    [0x82, 2],
  ])("messageVersion of a message with the first byte %i is %s", (first, version) => expect(messageVersion(first)).toBe(version));
});

/** Returns a version 1 message with no instructions, no config values, and account keys of zeros. */
const version1Message = (signatures: number, keys: number) => [
  0x81,
  signatures,
  ...Array(39).fill(0),
  keys,
  ...Array(keys * 32).fill(0),
];

describe("the first signature of a transaction", () => {
  test("firstSignature returns the first signature of a legacy transaction and of a version 1 transaction", () => {
    const signatures = fc.array(signature, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(signatures, fc.uint8Array({ maxLength: 100 }), fc.nat({ max: 5 }), (all, rest, keys) => {
        const [first] = all as [Uint8Array];
        const texts = [base64([all.length], ...all, [1], rest, [0, 0]), base64(version1Message(all.length, keys), ...all)];
        for (const text of texts) {
          expect([...(firstSignature(text) ?? [])]).toEqual([...first]);
          expect(text).toContain(signatureText(text));
          expect(signatureText(text).length).toBeLessThanOrEqual(88);
        }
      }),
    );
  });

  test("signatureText differs for two version 1 transactions that differ only in their first signature", () => {
    fc.assert(
      fc.property(
        signature,
        fc.nat({ max: 63 }),
        fc.integer({ min: 1, max: 255 }),
        fc.nat({ max: 5 }),
        (one, at, change, length) => {
          const other = one.map((byte, index) => (index === at ? byte ^ change : byte));
          const message = [0x81, 1, ...Array.from({ length }, () => 7)];
          expect(signatureText(base64(message, one))).not.toBe(signatureText(base64(message, other)));
        },
      ),
    );
  });

  test.each([
    ["an unknown version", base64([0x82, 1], new Uint8Array(100))],
    ["an unknown version after the signatures", base64([1], new Uint8Array(64), [0x82], new Uint8Array(100))],
    ["a version 1 message after the signatures", base64([1], new Uint8Array(64), [0x81], new Uint8Array(100))],
    ["a truncated version 1 transaction", base64([0x81, 2], new Uint8Array(100))],
    ["a version 1 transaction without a signature", base64([0x81, 0], new Uint8Array(100))],
    ["an empty text", ""],
    ["a version 1 transaction that consists of its signature", base64([0x81, 1], new Uint8Array(62))],
    ["text that is not base64", "!".repeat(88)],
  ])("firstSignature and signatureText find no signature in %s", (_, text) => {
    expect(firstSignature(text)).toBeUndefined();
    expect(signatureText(text)).toBe(text);
  });
});

describe("readEnvelope", () => {
  const message = fc.uint8Array({ minLength: 2, maxLength: 100 });
  const signatures = fc.array(signature, { minLength: 1, maxLength: 3 });

  test("readEnvelope restores the envelope that writeEnvelope has written, for each transaction version", () => {
    fc.assert(
      fc.property(fc.constantFrom("legacy" as const, 0, 1), message, signatures, (version, bytes, all) => {
        bytes.set(version === "legacy" ? [all.length] : version === 0 ? [0x80] : [0x81, all.length]);
        const envelope = readEnvelope(writeEnvelope(bytes, all));
        expect(envelope.version).toBe(version);
        expect(envelope.signatures.map((one) => [...one])).toEqual(all.map((one) => [...one]));
        expect([...envelope.message]).toEqual([...bytes]);
      }),
    );
  });

  test.each([
    ["version 2 with its message first", [0x82, 1, ...new Uint8Array(100)], "transaction version 2 is unknown"],
    ["version 2 with its message last", [1, ...new Uint8Array(64), 0x82, 1], "transaction version 2 is unknown"],
    ["version 127", [0xff, 1, ...new Uint8Array(100)], "transaction version 127 is unknown"],
    [
      "version 0 with its message first",
      [0x80, 1, ...new Uint8Array(100)],
      "a version 0 transaction has its signatures before its message",
    ],
    ["version 1 with its message last", [1, ...new Uint8Array(64), 0x81, 1], "a version 1 transaction has its message before"],
    ["no signature", [0, 1, 2, 3], "at least one signature"],
    ["a missing signature", [2, ...new Uint8Array(64)], "ends too early"],
    ["a version 1 transaction without its signatures", [0x81, 1, ...new Uint8Array(60)], "ends too early"],
    ["one byte", [1], "ends too early"],
  ])("readEnvelope refuses %s", (_, bytes, reason) => {
    expect(() => readEnvelope(Uint8Array.from(bytes))).toThrow(reason);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../src/codec/base58.js";
import { decodeBase64 } from "../../../src/codec/base64.js";
import { parseJson } from "../../../src/codec/json.js";
import { buildTransaction } from "../../../src/local/wire/build-transaction.js";
import { isWritable, parseTransaction } from "../../../src/local/wire/wire-transaction.js";
import { notifications } from "../../conformance/vectors.js";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => ({ bytes, text: encodeBase58(bytes) }));

const parts = fc.record({
  version: fc.constantFrom("legacy" as const, 0 as const),
  payer: key,
  blockhash: key,
  instructions: fc.array(
    fc.record({
      program: key,
      accounts: fc.array(fc.record({ address: key, signer: fc.boolean(), writable: fc.boolean() }), { maxLength: 2 }),
      data: fc.uint8Array({ maxLength: 60 }),
    }),
    { maxLength: 3 },
  ),
});

describe("a wire transaction", () => {
  test("a wire transaction is unchanged after encoding and decoding", () => {
    fc.assert(
      fc.property(parts, (given) => {
        const { transaction, bytes } = buildTransaction(given, (_, _signer, index) => new Uint8Array(64).fill(index + 1));
        const parsed = parseTransaction(bytes);
        expect(parsed).toEqual(transaction);
        expect(parsed.keys[0]).toBe(given.payer.text);
        expect(isWritable(parsed, 0)).toBe(true);
        for (const { accounts } of given.instructions) {
          for (const { address, signer, writable } of accounts) {
            const index = parsed.keys.indexOf(address.text);
            if (signer) expect(index).toBeLessThan(parsed.header.numRequiredSignatures);
            if (writable) expect(isWritable(parsed, index)).toBe(true);
          }
        }
      }),
    );
  });

  test("a wire transaction is refused with a RangeError if it is too short or too long", () => {
    fc.assert(
      fc.property(parts, fc.nat(), fc.uint8Array({ maxLength: 300 }), (given, at, noise) => {
        const { bytes } = buildTransaction(given, () => new Uint8Array(64));
        expect(() => parseTransaction(bytes.subarray(0, at % bytes.length))).toThrow(RangeError);
        expect(() => parseTransaction(Uint8Array.from([...bytes, 0]))).toThrow(RangeError);
        try {
          parseTransaction(noise);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

test("parseTransaction decodes the wire transactions in the test vectors of the published types", () => {
  let read = 0;
  for (const vector of notifications.transaction) {
    const { transaction } = parseJson(vector.text) as { transaction: unknown };
    if (!Array.isArray(transaction) || !vector.accepted || vector.read.signatures === null) continue;
    const { signatures, keys } = parseTransaction(decodeBase64(transaction[0] as string));
    expect(signatures.map(encodeBase58)).toEqual(vector.read.signatures);
    expect(keys).toHaveLength(3);
    read++;
  }
  expect(read).toBeGreaterThan(4);
});

test("parseTransaction reads the lookup tables of a message, and refuses an unknown version and a wrong number of signatures", () => {
  const payer = { text: "", bytes: new Uint8Array(32).fill(1) };
  payer.text = encodeBase58(payer.bytes);
  const { bytes } = buildTransaction({ version: 0, payer, instructions: [], blockhash: payer }, () => new Uint8Array(64));
  const withTable = Uint8Array.from([...bytes.subarray(0, -1), 1, ...payer.bytes, 2, 0, 1, 1, 7]);
  expect(parseTransaction(withTable).lookups).toEqual([
    { accountKey: payer.text, writableIndexes: [0, 1], readonlyIndexes: [7] },
  ]);
  const otherVersion = bytes.slice();
  otherVersion[65] = 0x81;
  expect(() => parseTransaction(otherVersion)).toThrow(RangeError);
  const twoSigners = bytes.slice();
  twoSigners[66] = 2;
  expect(() => parseTransaction(twoSigners)).toThrow(RangeError);
});

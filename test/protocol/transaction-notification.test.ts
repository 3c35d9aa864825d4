import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBase58 } from "../../src/codec/base58.js";
import { encodeBase64 } from "../../src/codec/base64.js";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { findProblem } from "../../src/protocol/message.js";
import {
  readTransaction,
  transactionKey,
  transactionSchema,
  transactionSignature,
} from "../../src/protocol/transaction-notification.js";
import { documents } from "../codec/json-documents.js";

// More test cases are in conformance/transactions.test.ts. They were generated with the Rust types.
describe("readTransaction", () => {
  test("readTransaction accepts null as the meta, and a plain string as the bytes of a transaction", () => {
    expect(readTransaction(parseJson('{"slot":18446744073709551615,"transaction":"AQID","meta":null}'))).toStrictEqual({
      slot: 18446744073709551615n,
      transaction: "AQID",
      meta: null,
    });
  });

  for (const text of [
    "null",
    "5",
    "[]",
    "{}",
    '{"slot":5}',
    '{"transaction":["AQID","base64"]}',
    '{"slot":"5","transaction":["AQID","base64"]}',
    '{"slot":-1,"transaction":["AQID","base64"]}',
    '{"slot":18446744073709551616,"transaction":["AQID","base64"]}',
    '{"slot":1.5,"transaction":["AQID","base64"]}',
    '{"slot":5,"transaction":[]}',
    '{"slot":5,"transaction":[7,"base64"]}',
    '{"slot":5,"transaction":{"signatures":[]}}',
  ]) {
    test(`readTransaction returns undefined for ${text}`, () => expect(readTransaction(parseJson(text))).toBeUndefined());
  }

  test("readTransaction never throws for members of any type", () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>({ fee: null, preBalances: [null, 1.5, "x"], postBalances: 5 }));
    const transaction = fc.record(
      { slot: fc.oneof(odd, fc.nat()), transaction: fc.oneof(odd, fc.string()), meta: odd, blockTime: odd },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          documents(),
          transaction.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const read = readTransaction(parseJson(text));
          if (read === undefined) return;
          expect(typeof read.slot).toBe("bigint");
          expect(typeof transactionKey(read)).toBe("string");
          expect(["string", "undefined"]).toContain(typeof transactionSignature(read));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("a transaction's signature and key", () => {
  /** Returns the wire bytes of a transaction: the number of signatures, the signatures, and any message. */
  const bytesOf = (signatures: Uint8Array[], message: Uint8Array) =>
    Uint8Array.from([signatures.length, ...signatures.flatMap((signature) => [...signature]), ...message]);
  const given = (bytes: Uint8Array) => ({
    slot: 1n,
    meta: null,
    transaction: [encodeBase64(bytes), "base64"] as [string, "base64"],
  });
  const signature = fc.uint8Array({ minLength: 64, maxLength: 64 });
  const message = fc
    .uint8Array({ minLength: 1, maxLength: 40 })
    .map((bytes) => bytes.map((byte, index) => (index === 0 ? byte & 0x80 : byte)));

  test("transactionSignature and transactionKey read only the first signature of a transaction", () => {
    fc.assert(
      fc.property(signature, fc.array(signature, { maxLength: 2 }), message, message, (first, others, some, other) => {
        const transaction = given(bytesOf([first, ...others], some));
        expect(transactionSignature(transaction)).toBe(encodeBase58(first));
        expect(transactionKey(transaction)).toBe(transactionKey(given(bytesOf([first, ...others], other))));
      }),
    );
  });

  test("two transactions with different first signatures have different keys", () => {
    fc.assert(
      fc.property(signature, fc.nat({ max: 62 }), fc.integer({ min: 1, max: 255 }), message, (first, at, change, rest) => {
        const another = Uint8Array.from(first, (byte, index) => (index === at ? byte ^ change : byte));
        expect(transactionKey(given(bytesOf([first], rest)))).not.toBe(transactionKey(given(bytesOf([another], rest))));
      }),
    );
  });

  for (const [name, transaction] of [
    ["no signature", given(bytesOf([], new Uint8Array(80)))],
    ["truncated bytes", given(new Uint8Array(64).fill(1))],
    ["a text that is not base64", { slot: 1n, meta: null, transaction: ["!".repeat(88), "base64"] as [string, "base64"] }],
    ["another encoding", { slot: 1n, meta: null, transaction: ["5".repeat(88), "base58"] as [string, "base58"] }],
    ["a plain string", { slot: 1n, meta: null, transaction: "5".repeat(88) }],
  ] as const) {
    test(`transactionSignature returns undefined for ${name}`, () => {
      expect(transactionSignature(transaction)).toBeUndefined();
      expect(transactionKey(transaction)).not.toBe("");
    });
  }
});

describe("transactionSchema", () => {
  const meta = { err: null, fee: 5000, preBalances: [1], postBalances: [2n], logMessages: ["x"], computeUnitsConsumed: 150 };
  const whole = { slot: 5, blockTime: -1, transaction: ["AQID", "base64"], meta, version: 0, transactionIndex: 3 };

  for (const some of [
    whole,
    { slot: 5, transaction: "AQID" },
    { slot: 5, transaction: ["5", "base58"], meta: null, version: "legacy", blockTime: null },
    { ...whole, meta: { ...meta, logMessages: null, computeUnitsConsumed: undefined } },
  ]) {
    test(`transactionSchema accepts ${stringifyJson(some).slice(0, 120)}`, () => {
      expect(findProblem(transactionSchema, some)).toBeUndefined();
    });
  }

  for (const [path, bent] of [
    ["slot", { ...whole, slot: 2n ** 64n }],
    ["blockTime", { ...whole, blockTime: 2n ** 63n }],
    ["transaction", { ...whole, transaction: undefined }],
    ["transaction", { ...whole, transaction: ["AQID"] }],
    ["transaction", { ...whole, transaction: ["AQID", "base64", "x"] }],
    ["transaction.0", { ...whole, transaction: [7, "base64"] }],
    ["transaction.1", { ...whole, transaction: ["AQID", "hex"] }],
    ["meta.fee", { ...whole, meta: { ...meta, fee: null } }],
    ["meta.postBalances.0", { ...whole, meta: { ...meta, postBalances: [-1] } }],
    ["meta.logMessages.1", { ...whole, meta: { ...meta, logMessages: ["x", 5] } }],
    ["version", { ...whole, version: "v0" }],
    ["transactionIndex", { ...whole, transactionIndex: -1 }],
  ] as const) {
    test(`transactionSchema reports the invalid member ${path} in ${stringifyJson(bent).slice(0, 200)}`, () => {
      expect(findProblem(transactionSchema, bent)?.split(": ")[0]).toBe(path);
    });
  }
});

import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import { findProblem } from "../../src/protocol/message.js";
import {
  readTransaction,
  transactionKey,
  transactionSchema,
  transactionSignature,
} from "../../src/protocol/transaction-notification.js";
import { notifications, title } from "./vectors.js";

/** Whether only `meta.status` is missing. The Rust client drops such a transaction, but this client reads it. */
const lacksStatusAlone = (vector: (typeof notifications.transaction)[number]) =>
  !vector.accepted && vector.error.startsWith("missing field `status`");

for (const [index, vector] of notifications.transaction.entries()) {
  const { text } = vector;
  if (vector.accepted) {
    test(title(index, text, "is read as the Rust client reads it"), () => {
      const transaction = readTransaction(parseJson(text));
      if (transaction === undefined) throw new Error("was not read");
      expect(transaction.slot).toBe(BigInt(vector.read.slot));
      expect(transactionSignature(transaction)).toBe(vector.read.signatures?.[0]);
      expect(findProblem(transactionSchema, parseJson(text))).toBeUndefined();
    });
  } else if (lacksStatusAlone(vector)) {
    test(title(index, text, "is read although meta.status is missing"), () => {
      const transaction = readTransaction(parseJson(text));
      expect(transaction).toMatchObject({ slot: 5n, meta: { err: null, fee: 5000n } });
      expect(findProblem(transactionSchema, parseJson(text))).toBeUndefined();
    });
  } else {
    test(title(index, text, "is not a transaction"), () => {
      expect(readTransaction(parseJson(text))).toBeUndefined();
      expect(findProblem(transactionSchema, parseJson(text))).toMatch(/^[\w.]+: ./);
    });
  }
}

test("of the two transaction vectors that the Rust client refuses, one lacks only meta.status", () => {
  const refused = notifications.transaction.filter(({ accepted }) => !accepted);
  expect(refused).toHaveLength(2);
  expect(refused.filter(lacksStatusAlone)).toHaveLength(1);
});

describe("a transaction", () => {
  const read = (text: string | undefined) => {
    const transaction = readTransaction(parseJson(text ?? "null"));
    if (transaction === undefined) throw new Error("was not read");
    return transaction;
  };

  test("readTransaction returns 64-bit integers as bigint", () => {
    const { meta, blockTime } = read(notifications.transaction[0]?.text);
    expect(blockTime).toBe(1760000000n);
    expect(meta?.fee).toBe(5000n);
    expect(meta?.preBalances).toEqual([18446744073709551615n, 0n, 1n]);
    expect(meta?.postBalances).toEqual([9007199254740993n, 1000001n, 1n]);
    expect(meta?.computeUnitsConsumed).toBe(150n);
  });

  test("two notifications of the same transaction have the same key, and another transaction has another key", () => {
    const [first, second, third] = notifications.transaction.map(({ text, accepted }) =>
      accepted ? transactionKey(read(text)) : "",
    );
    expect(first).toBe(third);
    expect(first).not.toBe(second);
  });
});

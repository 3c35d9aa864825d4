import { describe, expect, test } from "vitest";
import {
  describeError,
  diffText,
  isFailed,
  logText,
  toDiffRow,
  toLogRow,
  toTransactionRow,
  transactionText,
} from "../../../demo/dashboard/worker/table-rows.js";
import type { ConfirmedTransaction } from "../../../src/index.js";

const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const SYSTEM = "11111111111111111111111111111111";
const bytes = Buffer.alloc(65, 7);
bytes[0] = 1;
const failing: ConfirmedTransaction = {
  slot: 5n,
  transactionIndex: 3,
  transaction: [bytes.toString("base64"), "base64"],
  meta: {
    err: { InstructionError: [1, { Custom: 6001 }] },
    fee: 5000n,
    preBalances: [],
    postBalances: [],
    computeUnitsConsumed: 4645n,
    logMessages: [
      `Program ${TOKEN} invoke [1]`,
      `Program ${SYSTEM} invoke [2]`,
      `Program ${SYSTEM} success`,
      `Program ${TOKEN} failed: custom program error: 0x1771`,
      `Program ${TOKEN} invoke [1]`,
    ],
  },
};
const state = (lamports: bigint, data: Uint8Array) => ({
  lamports,
  data: [Buffer.from(data).toString("base64"), "base64"] as [string, string],
  owner: TOKEN,
  executable: false,
  rentEpoch: 2n ** 64n - 1n,
});

describe("toTransactionRow", () => {
  test("toTransactionRow returns the outcome, and the top-level programs without duplicates", () => {
    const row = toTransactionRow({ transaction: failing, subRange: undefined }, 9);
    expect(row).toEqual({
      id: 9,
      slot: 5n,
      index: 3,
      signature: expect.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{86,88}$/),
      error: "InstructionError 1 Custom 6001",
      fee: 5000n,
      computeUnits: 4645n,
      programs: [TOKEN],
    });
  });

  test("toTransactionRow shows `unknown version 2` instead of the signature of a transaction with version 2", () => {
    const later = {
      ...failing,
      transaction: [Buffer.alloc(200, 0x82).toString("base64"), "base64"] as [string, "base64"],
      version: 2,
    };
    expect(toTransactionRow({ transaction: later, subRange: undefined }, 0).signature).toBe("unknown version 2");
  });

  test("toTransactionRow omits the fee and the compute units if the transaction has no metadata", () => {
    const bare: ConfirmedTransaction = { slot: 6n, transaction: "old", meta: null };
    expect(toTransactionRow({ transaction: bare, subRange: 2 }, 0)).toEqual({
      id: 0,
      slot: 6n,
      signature: "unreadable",
      programs: [],
      subRange: 2,
    });
    expect(isFailed(bare)).toBe(false);
  });
});

test("toDiffRow counts changed, added and removed bytes", () => {
  const diff = {
    context: { slot: 7n },
    account: SYSTEM,
    signature: "sig",
    pre: state(2n ** 64n - 1n, Uint8Array.of(1, 2, 3)),
    post: state(0n, Uint8Array.of(1, 9, 3, 4)),
  };
  expect(toDiffRow({ diff, subRange: undefined }, 1)).toEqual({
    id: 1,
    slot: 7n,
    account: SYSTEM,
    signature: "sig",
    owner: TOKEN,
    before: 2n ** 64n - 1n,
    after: 0n,
    bytesBefore: 3,
    bytesAfter: 4,
    changedBytes: 2,
  });
  const { pre: _, ...created } = diff;
  expect(toDiffRow({ diff: created, subRange: undefined }, 1)).toMatchObject({ after: 0n, bytesAfter: 4, changedBytes: 4 });
  expect(toDiffRow({ diff: created, subRange: undefined }, 1)).not.toHaveProperty("before");
  const unreadable = { ...diff, post: { ...diff.post, data: ["§", "base64"] as [string, string] } };
  expect(toDiffRow({ diff: unreadable, subRange: undefined }, 1)).toMatchObject({ bytesAfter: 0 });
});

test("toLogRow returns a row with the signature of the log line's transaction", () => {
  const item = { text: "Program log: hello", isFailure: false, of: { transaction: failing, subRange: 1 } };
  expect(toLogRow(item, 4)).toMatchObject({ id: 4, slot: 5n, text: "Program log: hello", isFailure: false, subRange: 1 });
  expect(logText(item)).toBe("5 program log: hello");
});

test("the search text of a row contains slot, outcome, error, program, account and owner", () => {
  const text = transactionText({ transaction: failing, subRange: undefined });
  for (const part of ["5 ", "failed", "custom 6001", TOKEN.toLowerCase(), "token"]) expect(text).toContain(part);
  expect(
    diffText({ diff: { context: { slot: 7n }, account: SYSTEM, post: state(1n, new Uint8Array()) }, subRange: undefined }),
  ).toBe(`7 ${SYSTEM}  ${TOKEN.toLowerCase()} token`);
});

test("describeError formats a nested error in one line", () => {
  expect(describeError("AccountNotFound")).toBe("AccountNotFound");
  expect(describeError({ InsufficientFundsForRent: { account_index: 2 } })).toBe("InsufficientFundsForRent account_index 2");
  expect(describeError(null)).toBe("null");
});

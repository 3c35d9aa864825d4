import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import { accountDiffSchema, readAccountDiff } from "../../src/protocol/account-diff-notification.js";
import { findProblem } from "../../src/protocol/message.js";
import { documents } from "../codec/json-documents.js";

// More test cases are in conformance/account-diffs.test.ts. They were generated with the Rust types.
describe("readAccountDiff", () => {
  for (const [text, slot] of [
    ['{"context":{"slot":0}}', 0n],
    ['{"context":{"slot":9007199254740993}}', 9007199254740993n],
    ['{"context":{"slot":18446744073709551615},"future":[1]}', 18446744073709551615n],
  ] as const) {
    test(`readAccountDiff reads ${text} as an account diff`, () =>
      expect(readAccountDiff(parseJson(text))).toStrictEqual({ context: { slot } }));
  }

  for (const text of [
    "null",
    "5",
    '"text"',
    "[]",
    "{}",
    '{"context":null}',
    '{"context":{"slot":null}}',
    '{"context":{"slot":"5"}}',
    '{"context":{"slot":-1}}',
    '{"context":{"slot":-0}}',
    '{"context":{"slot":18446744073709551616}}',
    '{"context":{"slot":-9007199254740993}}',
    '{"context":{"slot":1.5}}',
    '{"context":{"slot":5},"account":7}',
    '{"context":{"slot":5},"signature":[]}',
    '{"context":{"slot":5},"tx_index":"0"}',
  ]) {
    test(`readAccountDiff returns undefined for ${text}`, () => expect(readAccountDiff(parseJson(text))).toBeUndefined());
  }

  test("readAccountDiff returns the 64-bit members of an account as bigint, even if the values are small", () => {
    const account = (lamports: string) =>
      `{"lamports":${lamports},"data":["AAEC","base64"],"owner":"o","executable":true,"rentEpoch":0,"space":3,"future":1}`;
    const diff = readAccountDiff(
      parseJson(`{"context":{"slot":5},"pre":${account("0")},"post":${account("18446744073709551615")}}`),
    );
    const rest = { data: ["AAEC", "base64"], owner: "o", executable: true, rentEpoch: 0n, space: 3n, future: 1 };
    expect(diff).toStrictEqual({
      context: { slot: 5n },
      pre: { lamports: 0n, ...rest },
      post: { lamports: 18446744073709551615n, ...rest },
    });
  });

  test("readAccountDiff never throws for members of any type", () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(1.5, -1, "", null, [null], { lamports: null, rentEpoch: 1.5, space: "x" }),
    );
    const diff = fc.record(
      { context: fc.oneof(odd, fc.constant({ slot: 5 })), account: odd, tx_index: odd, block_time: odd, pre: odd, post: odd },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          documents(),
          diff.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const read = readAccountDiff(parseJson(text));
          if (read !== undefined) expect(typeof read.context.slot).toBe("bigint");
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("accountDiffSchema", () => {
  const account = { lamports: 1, data: ["AAEC", "base64"], owner: "o", executable: true, rentEpoch: 0, space: 3 };
  const diff = { context: { slot: 5 }, account: "a", signature: "s", tx_index: 3, block_time: -1, pre: account, post: account };

  test("accountDiffSchema accepts a complete diff, and a diff that has only a slot", () => {
    expect(findProblem(accountDiffSchema, diff)).toBeUndefined();
    expect(findProblem(accountDiffSchema, { context: { slot: 5 } })).toBeUndefined();
  });

  for (const [path, bent] of [
    ["context.slot", { ...diff, context: { slot: -1 } }],
    ["account", { ...diff, account: 7 }],
    ["tx_index", { ...diff, tx_index: 2 ** 32 }],
    ["block_time", { ...diff, block_time: 1.5 }],
    ["pre.lamports", { ...diff, pre: { ...account, lamports: -1 } }],
    ["pre.rentEpoch", { ...diff, pre: { ...account, rentEpoch: null } }],
    ["post.data", { ...diff, post: { ...account, data: "AAEC" } }],
    ["post.data", { ...diff, post: { ...account, data: ["AAEC"] } }],
    ["post.data", { ...diff, post: { ...account, data: ["AAEC", "base64", "x"] } }],
    ["post.data.1", { ...diff, post: { ...account, data: ["AAEC", 64] } }],
    ["post.executable", { ...diff, post: { ...account, executable: 1 } }],
  ] as const) {
    test(`accountDiffSchema reports the invalid member ${path} in ${JSON.stringify(bent).slice(0, 200)}`, () => {
      expect(findProblem(accountDiffSchema, bent)?.split(": ")[0]).toBe(path);
    });
  }
});

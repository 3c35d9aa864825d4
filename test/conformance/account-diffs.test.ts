import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import { accountDiffSchema, readAccountDiff } from "../../src/protocol/account-diff-notification.js";
import { findProblem } from "../../src/protocol/message.js";
import { notifications, title } from "./vectors.js";

for (const [index, vector] of notifications.accountDiff.entries()) {
  const { text } = vector;
  if (!vector.accepted) {
    test(title(index, text, "is not an account diff"), () => {
      expect(readAccountDiff(parseJson(text))).toBeUndefined();
      expect(findProblem(accountDiffSchema, parseJson(text))).toMatch(/^[\w.]+: ./);
    });
    continue;
  }

  test(title(index, text, "is read as the Rust client reads it"), () => {
    const { account, signature, slot, txIndex, post } = vector.read;
    const diff = readAccountDiff(parseJson(text));
    expect(diff?.context.slot).toBe(BigInt(slot));
    expect(diff?.account).toBe(account ?? undefined);
    expect(diff?.signature).toBe(signature ?? undefined);
    expect(diff?.txIndex).toBe(txIndex ?? undefined);
    if (post === null) {
      expect(diff?.post).toBeUndefined();
    } else if ("Ok" in post) {
      expect(diff?.post?.lamports).toBe(BigInt(post.Ok.lamports));
      expect(diff?.post?.owner).toBe(post.Ok.owner);
      expect(diff?.post?.rentEpoch).toBe(18446744073709551615n);
      // The Rust client computes a missing `space` from the data. This client leaves `space` undefined.
      if (diff?.post?.space !== undefined) expect(diff.post.space).toBe(BigInt(post.Ok.space));
    }
  });

  const whole = vector.read.post === null || "Ok" in vector.read.post;
  test(title(index, text, whole ? "passes the full check" : "is refused by the full check"), () => {
    const problem = findProblem(accountDiffSchema, parseJson(text));
    if (whole) expect(problem).toBeUndefined();
    else expect(problem).toMatch(/^post\.data: ./);
  });
}

describe("an account diff", () => {
  test("readAccountDiff returns field names in camelCase, and 64-bit integers as bigint", () => {
    const account =
      '{"lamports":1,"data":["AAEC","base64"],"owner":"o","executable":false,"rentEpoch":18446744073709551615,"space":null}';
    const text = `{"context":{"slot":5},"tx_index":3,"block_time":1760000000,"pre":${account},"post":null}`;
    expect(readAccountDiff(parseJson(text))).toStrictEqual({
      context: { slot: 5n },
      txIndex: 3,
      blockTime: 1760000000n,
      pre: { lamports: 1n, data: ["AAEC", "base64"], owner: "o", executable: false, rentEpoch: 18446744073709551615n },
    });
  });
});

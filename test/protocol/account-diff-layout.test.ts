import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import { scanAccountDiffNotification } from "../../src/protocol/account-diff-layout.js";
import { readAccountDiff } from "../../src/protocol/account-diff-notification.js";
import { decodeSubscriptionMessage } from "../../src/protocol/subscription-message.js";

const account = (lamports: string, data = "AAEC") =>
  `{"lamports":${lamports},"data":["${data}","base64"],"owner":"11111111111111111111111111111111","executable":false,"rentEpoch":18446744073709551615,"space":3}`;

function notification(parts: { slot?: string; pre?: string; post?: string; first?: string; last?: string } = {}): string {
  const { slot = "300000000", pre = account("5"), post = account("6"), first = "", last = ',"subscription":7' } = parts;
  return (
    `{"jsonrpc":"2.0","method":"accountDiffNotification","params":{${first}"result":{"context":{"slot":${slot}},` +
    `"account":"a","signature":"s","tx_index":3,"block_time":1760000000,"pre":${pre},"post":${post}}${last}}}`
  );
}

/** Returns the result of the general parser for a text. */
function read(text: string): unknown {
  const message = decodeSubscriptionMessage(text);
  if (message.type !== "notification") return undefined;
  return { subscription: message.subscription, diff: readAccountDiff(message.result) };
}

describe("scanAccountDiffNotification", () => {
  test.each([
    ["both states", notification()],
    ["a created account", notification({ pre: "null" })],
    ["a deleted account", notification({ post: "null" })],
    ["neither state", notification({ pre: "null", post: "null" })],
    ["the subscription before the result", notification({ first: '"subscription":7,', last: "" })],
    ["the largest u64", notification({ slot: "18446744073709551615", post: account("18446744073709551615") })],
    ["an integer that a double rounds", notification({ pre: account("9007199254740993") })],
    ["no data", notification({ pre: account("1", "") })],
    ["two owners", notification({ pre: account("1").replace("1111", "2222") })],
  ])("scanAccountDiffNotification returns the same result as the general parser for a notification with %s", (_, text) => {
    expect(scanAccountDiffNotification(text)).toStrictEqual(read(text));
  });

  test.each([
    ["a missing subscription", notification({ last: "" })],
    ["two subscriptions", notification({ first: '"subscription":7,' })],
    ["a slot above u64", notification({ slot: "18446744073709551616" })],
    ["a leading zero", notification({ slot: "07" })],
    ["a negative integer", notification({ pre: account("-1") })],
    ["a fraction", notification({ pre: account("1.5") })],
    ["21 digits", notification({ pre: account("1".repeat(21)) })],
    ["an escape in a string", notification({ pre: account("1", "AA\\u0045C") })],
    ["a control character in a string", notification().replace('"a"', '"a\n"')],
    ["another member", notification({ pre: account("1").replace('"space"', '"future":1,"space"') })],
    ["text after the message", `${notification()} `],
    ["text before the message", ` ${notification()}`],
    ["a subscription id that a double rounds", notification({ last: ',"subscription":9007199254740993' })],
    ["a transaction index that a double rounds", notification().replace('"tx_index":3', '"tx_index":9007199254740993')],
    ["an unterminated string", notification().slice(0, 200)],
    ["no text", ""],
  ])("scanAccountDiffNotification returns undefined for a notification with %s", (_, text) => {
    expect(scanAccountDiffNotification(text)).toBeUndefined();
  });

  test("if scanAccountDiffNotification accepts an edited notification, it returns the result of the general parser", () => {
    const texts = [notification(), notification({ pre: "null" }), notification({ first: '"subscription":7,', last: "" })];
    const edit = fc.record({
      at: fc.nat(),
      remove: fc.nat(3),
      insert: fc.constantFrom("", '"', "0", "9", "}", ",", "null", "\\", "x"),
    });
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.array(edit, { maxLength: 3 }), (text, edits) => {
        let edited = text;
        for (const { at, remove, insert } of edits) {
          const from = at % (edited.length + 1);
          edited = edited.slice(0, from) + insert + edited.slice(from + remove);
        }
        const scanned = scanAccountDiffNotification(edited);
        if (scanned !== undefined) expect(scanned).toStrictEqual(read(edited));
      }),
      { numRuns: 5_000 },
    );
  });

  test("scanAccountDiffNotification reads the largest u64 without rounding it", () => {
    expect(scanAccountDiffNotification(notification())?.diff.pre?.rentEpoch).toBe(parseJson("18446744073709551615"));
  });
});

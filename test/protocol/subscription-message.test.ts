import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeSubscriptionMessage } from "../../src/protocol/subscription-message.js";
import { documents } from "../codec/json-documents.js";

describe("a subscription's frame", () => {
  for (const [name, text, message] of [
    [
      "a notification",
      '{"jsonrpc":"2.0","method":"accountDiffNotification","params":{"subscription":7,"result":{"context":{"slot":5},"rentEpoch":18446744073709551615}}}',
      {
        type: "notification",
        method: "accountDiffNotification",
        subscription: 7,
        result: { context: { slot: 5 }, rentEpoch: 18446744073709551615n },
      },
    ],
    [
      "a notification without a result",
      '{"method":"slotNotification","params":{"subscription":0}}',
      { type: "notification", method: "slotNotification", subscription: 0, result: undefined },
    ],
    [
      "a notification of a subscription with a 64-bit id",
      '{"method":"slotNotification","params":{"subscription":18446744073709551615,"result":1}}',
      { type: "notification", method: "slotNotification", subscription: 18446744073709551615n, result: 1 },
    ],
    [
      "the end of a stream",
      '{"jsonrpc":"2.0","method":"subscriptionComplete","params":{"subscription":7}}',
      { type: "complete", subscription: 7 },
    ],
    ["an acknowledgement", '{"jsonrpc":"2.0","result":42,"id":1}', { type: "answer", id: 1, result: 42 }],
    ["a response with the result null", '{"id":0,"result":null}', { type: "answer", id: 0, result: null }],
    [
      "a refusal",
      '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}',
      { type: "refusal", id: 1, error: { code: -32601, message: "Method not found" } },
    ],
    [
      "a refusal, with data, of a request that the server could not read",
      '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":{"at":3}},"id":null}',
      { type: "refusal", id: undefined, error: { code: -32700, message: "Parse error", data: { at: 3 } } },
    ],
    [
      "a refusal without a message",
      '{"id":1,"error":{}}',
      { type: "refusal", id: 1, error: { code: Number.NaN, message: "no message" } },
    ],
    [
      "a refusal whose message is an object that has no text",
      '{"id":1,"error":{"code":{"valueOf":1,"toString":1},"message":{"valueOf":1,"toString":1}}}',
      { type: "refusal", id: 1, error: { code: Number.NaN, message: "no message" } },
    ],
  ] as const) {
    test(`decodeSubscriptionMessage decodes ${name}`, () => expect(decodeSubscriptionMessage(text)).toStrictEqual(message));
  }

  for (const [text, reason] of [
    ["", "not JSON"],
    ["not json", "not JSON"],
    ['{"id":1,"result":', "not JSON"],
    ["null", "neither a notification nor a response"],
    ["5", "neither a notification nor a response"],
    ['"text"', "neither a notification nor a response"],
    ["[]", "neither a notification nor a response"],
    ["{}", "neither a notification nor a response"],
    ['{"id":1}', "neither a notification nor a response"],
    ['{"id":"1","result":2}', "neither a notification nor a response"],
    ['{"id":1,"error":"broken"}', "neither a notification nor a response"],
    ['{"method":5,"params":{"subscription":1}}', "neither a notification nor a response"],
    ['{"method":"slotNotification"}', "slotNotification has no subscription"],
    ['{"method":"slotNotification","params":null}', "slotNotification has no subscription"],
    ['{"method":"slotNotification","params":[1]}', "slotNotification has no subscription"],
    ['{"method":"slotNotification","params":{"subscription":"1"}}', "slotNotification has no subscription"],
    ['{"method":"subscriptionComplete","params":{}}', "subscriptionComplete has no subscription"],
  ] as const) {
    test(`decodeSubscriptionMessage reports the frame ${text || "without a text"} as unrecognized: ${reason}`, () => {
      expect(decodeSubscriptionMessage(text)).toEqual({ type: "unrecognized", raw: text, reason });
    });
  }
});

describe("decodeSubscriptionMessage never throws", () => {
  function expectAnAnswer(text: string): void {
    const message = decodeSubscriptionMessage(text);
    expect(["notification", "complete", "answer", "refusal", "unrecognized"]).toContain(message.type);
    if (message.type === "unrecognized") expect(message.raw).toBe(text);
    if (message.type === "notification" || message.type === "complete") {
      expect(["number", "bigint"]).toContain(typeof message.subscription);
    }
  }

  test("decodeSubscriptionMessage never throws for any text", () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json(), documents()), expectAnAnswer), { numRuns: 500 });
  });

  test("decodeSubscriptionMessage never throws for members of any type", () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>({ toString: 1, valueOf: 1 }, { subscription: 1 }, { code: [] }),
    );
    const member = fc.oneof(
      odd,
      fc.record({ subscription: odd, result: odd, code: odd, message: odd, data: odd }, { requiredKeys: [] }),
    );
    const method = fc.oneof(fc.constantFrom("slotNotification", "subscriptionComplete", "__proto__"), odd);
    const message = fc.record(
      { jsonrpc: odd, method, params: member, id: odd, result: member, error: member },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(message, (value) => expectAnAnswer(JSON.stringify(value))),
      { numRuns: 1000 },
    );
  });

  for (const inner of ["", "18446744073709551615"]) {
    test(`decodeSubscriptionMessage never throws for 200,000 nested lists around ${inner || "no value"}`, () => {
      expectAnAnswer(`{"id":1,"error":{"message":${"[".repeat(200_000)}${inner}${"]".repeat(200_000)}}}`);
    });
  }
});

import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { readAnswer } from "../../src/protocol/answer.js";
import { count, u64 } from "../../src/protocol/scalars.js";
import { opt, text } from "../../src/protocol/schema.js";
import { thrownBy } from "./thrown.js";

const schema = v.object({
  request_id: text,
  start_slot: u64,
  size_2_fit: opt(count),
  of: opt(v.array(v.object({ at_slot: u64 }))),
});
const read = (answer: unknown): unknown => readAnswer("thing", schema, answer);

describe("a response of the HTTP API", () => {
  test("readAnswer returns the members of an HTTP response in camel case, with the types of its schema", () => {
    const answer = '{"request_id":"a_b","start_slot":5,"size_2_fit":7,"of":[{"at_slot":1},{"at_slot":18446744073709551615}]}';
    expect(read(answer)).toStrictEqual({
      requestId: "a_b",
      startSlot: 5n,
      size2Fit: 7,
      of: [{ atSlot: 1n }, { atSlot: 18446744073709551615n }],
    });
  });

  test("readAnswer refuses an HTTP response that is nested too deeply or has too many values", () => {
    const deep = `{"request_id":"a","start_slot":5,"new_one":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(thrownBy(() => read(deep))).toMatchObject({ code: "http", message: "thing: the response is nested too deeply" });
    const wide = `{"request_id":"a","start_slot":5,"new_one":[${"1,".repeat(1_000_001)}1]}`;
    expect(thrownBy(() => read(wide))).toMatchObject({
      code: "http",
      message: "thing: the response is not JSON, or has more than 1000000 values",
    });
  });

  test("readAnswer keeps unknown members of an HTTP response at any depth, and omits members that are null", () => {
    const answer =
      '{"request_id":"","start_slot":5,"of":[{"at_slot":1,"why_not":[{"far_down":1.5},null]}],"size_2_fit":null,"new_one":null}';
    expect(read(answer)).toStrictEqual({
      requestId: "",
      startSlot: 5n,
      of: [{ atSlot: 1n, whyNot: [{ farDown: 1.5 }, null] }],
    });
  });

  test("readAnswer treats member names such as constructor and __proto__ as data", () => {
    const answer =
      '{"request_id":"r","start_slot":5,"constructor":1,"__proto__":{"polluted":true},"to_string":2,"hasOwnProperty":3}';
    const thing = read(answer) as Record<string, unknown>;
    expect(thing.constructor).toBe(1);
    expect(thing.polluted).toBeUndefined();
    expect(Object.getPrototypeOf(thing)).toBe(Object.prototype);
    expect(thing.toString).toBe(2);
  });

  for (const [answer, message] of [
    ['{"start_slot":5}', /^thing\.request_id: /],
    ['{"request_id":"r","start_slot":"5"}', /^thing\.start_slot: expected a u64/],
    ['{"request_id":"r","start_slot":5,"of":{}}', /^thing\.of: /],
    ['{"request_id":"r","start_slot":5,"of":[{"at_slot":-1}]}', /^thing\.of\.0\.at_slot: /],
    ["[]", /^thing(\.request_id)?: /],
    ["null", /^thing: /],
    ["", /^thing: the response is not JSON$/],
    ["<html>", /^thing: the response is not JSON$/],
  ] as const) {
    test(`readAnswer refuses the HTTP response ${answer || "without a text"}`, () => {
      const error = thrownBy(() => read(answer));
      expect(error.code).toBe("http");
      expect(error.message).toMatch(message);
    });
  }

  test("if an HTTP response does not match its schema, the error names the expected type, and does not quote the response", () => {
    const error = thrownBy(() => readAnswer("usage", v.object({ sessions: v.array(v.string()) }), '{"sessions":"a secret key"}'));
    expect(error).toMatchObject({ code: "http", message: "usage.sessions: Invalid type: Expected Array" });
  });

  test("the error for an HTTP response that is not JSON contains the redacted response, and has no cause", () => {
    const error = thrownBy(() => readAnswer("thing", schema, "<p>secret</p>", (text) => text.replace("secret", "…")));
    expect(error.body).toBe("<p>…</p>");
    expect(error.cause).toBeUndefined();
  });
});

import { describe, expect, test } from "vitest";
import { messageOf, toText } from "../../src/protocol/error-helpers.js";

describe("toText", () => {
  test.each<[text: string, value: unknown]>([
    ["a text", "a text"],
    ["", ""],
    ["5", 5],
    ["18446744073709551615", 18_446_744_073_709_551_615n],
    ["null", null],
    ["undefined", undefined],
    ["Symbol(x)", Symbol("x")],
    ["an object", {}],
    ["an object", Object.create(null)],
    ["an object", { toString: 1, valueOf: {} }],
    ["an object", [Object.create(null)]],
    ["an object", () => {}],
  ])("toText returns '%s' and never throws", (text, value) => {
    expect(toText(value)).toBe(text);
  });
});

describe("messageOf", () => {
  test.each<[message: string, error: unknown]>([
    ["no such host", new Error("no such host")],
    ["ECONNREFUSED", Object.assign(new AggregateError([]), { code: "ECONNREFUSED" })],
    ["TypeError", new TypeError()],
    ["a thrown text", "a thrown text"],
    ["undefined", undefined],
    ["null", null],
    ["Symbol(x)", Symbol("x")],
    ["an object", Object.create(null)],
    ["an object", { message: { toString: 1 } }],
    ["an object", Object.assign(new Error(), { code: { toString: 1 } })],
  ])("messageOf returns '%s' and never throws", (message, error) => {
    expect(messageOf(error)).toBe(message);
  });
});

import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { describeIssue, findProblem, members, readMessage } from "../../src/protocol/message.js";
import { u64 } from "../../src/protocol/scalars.js";
import { opt, text } from "../../src/protocol/schema.js";

describe("members", () => {
  test("members() returns the own members of an object", () => {
    const object = { a: 1 };
    expect(members(object)).toBe(object);
  });

  for (const value of [null, undefined, 5, "text", true, 5n]) {
    test(`members() returns an empty object for ${typeof value === "string" ? `"${value}"` : value}`, () =>
      expect(members(value)).toEqual({}));
  }
});

describe("readMessage", () => {
  const TABLE = { greet: v.object({ name: text, times: opt(u64) }), count: u64, stop: null };

  test("readMessage returns only the method and its parsed parameters", () => {
    expect(readMessage(TABLE, { method: "greet", params: { name: "a", times: 2, future: 1 }, seqId: 5 })).toStrictEqual({
      method: "greet",
      params: { name: "a", times: 2n },
    });
    expect(readMessage(TABLE, { method: "count", params: 0 })).toStrictEqual({ method: "count", params: 0n });
  });

  test("readMessage accepts absent, undefined and null parameters for a method without parameters", () => {
    for (const message of [{ method: "stop" }, { method: "stop", params: undefined }, { method: "stop", params: null }]) {
      expect(readMessage(TABLE, message)).toStrictEqual({ method: "stop" });
    }
  });

  for (const [name, message, path, problem] of [
    ["an invalid member", { method: "greet", params: { name: "a", times: -1 } }, "times", "greet: times: expected a u64"],
    ["a missing member", { method: "greet", params: {} }, "name", "greet: name: "],
    ["invalid params", { method: "count", params: "5" }, "params", "count: params: expected a u64"],
    ["no params", { method: "count" }, "params", "count: params: expected a u64"],
    ["null for params", { method: "greet", params: null }, "params", "greet: params: "],
    ["params of a method without params", { method: "stop", params: {} }, "params", "stop has no params"],
    ["the value false as params of a method without params", { method: "stop", params: false }, "params", "stop has no params"],
    ["an unknown method", { method: "leave" }, "method", "unknown method leave"],
    ["an inherited property name as the method", { method: "constructor" }, "method", "unknown method constructor"],
    ["the name __proto__ as the method", { method: "__proto__" }, "method", "unknown method __proto__"],
    ["a method that is not a string", { method: ["stop"] }, "method", "no method"],
    ["a message without a method", { params: 5 }, "method", "no method"],
    ["a list instead of a message", [], "method", "no method"],
    ["null instead of a message", null, "method", "no method"],
    ["a string instead of a message", "stop", "method", "no method"],
  ] as const) {
    test(`readMessage reports the path "${path}" for ${name}`, () => {
      expect(readMessage(TABLE, message)).toStrictEqual({ path, problem: expect.stringContaining(problem) });
    });
  }

  test("readMessage truncates the name of an unknown method in the error", () => {
    expect(readMessage(TABLE, { method: "x".repeat(5000) })).toStrictEqual({
      path: "method",
      problem: `unknown method ${"x".repeat(80)}`,
    });
  });
});

describe("findProblem", () => {
  const schema = v.object({ context: v.object({ slot: u64 }), keys: v.array(text) });

  test("findProblem returns undefined for a valid value", () => {
    expect(findProblem(schema, { context: { slot: 5 }, keys: [], future: 1 })).toBeUndefined();
  });

  test("findProblem names the first invalid member and its expected type", () => {
    expect(findProblem(schema, { context: { slot: "5" }, keys: 5 })).toMatch(/^context\.slot: expected a u64/);
    expect(findProblem(schema, { context: { slot: 5 }, keys: ["a", 5] })).toBe("keys.1: expected a string");
    expect(findProblem(schema, { context: { slot: 5 } })).toMatch(/^keys: ./);
  });

  test("findProblem reports the path `result` if the whole value is invalid", () =>
    expect(findProblem(schema, null)).toMatch(/^result: ./));
});

describe("describeIssue", () => {
  const issueOf = (schema: v.GenericSchema, value: unknown) => {
    const parsed = v.safeParse(schema, value);
    if (parsed.success) throw new Error("was read");
    return parsed.issues[0];
  };

  test("describeIssue returns the dotted path of the invalid member, and a message that starts with it", () => {
    const issue = issueOf(v.object({ a: v.array(v.object({ b: text })) }), { a: [{ b: "x" }, { b: 5 }] });
    expect(describeIssue(issue, "whole")).toStrictEqual({ path: "a.1.b", problem: "a.1.b: expected a string" });
  });

  test("if the whole value is invalid, describeIssue uses its second argument as the path", () => {
    expect(describeIssue(issueOf(text, 5), "the answer")).toStrictEqual({
      path: "the answer",
      problem: "the answer: expected a string",
    });
  });
});

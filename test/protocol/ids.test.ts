import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { controlSessionId, createToken, parseControlSessionId, parseSessionId, sessionId } from "../../src/protocol/ids.js";

const HEX = "01980f5a7c2b7e3d8a4b5c6d7e8f9012";
const HYPHENATED = "01980f5a-7c2b-7e3d-8a4b-5c6d7e8f9012";

const KINDS = [
  { name: "a session's id", prefix: "backtest_", other: "parallel_", parse: parseSessionId, schema: sessionId },
  {
    name: "a control session's id",
    prefix: "parallel_",
    other: "backtest_",
    parse: parseControlSessionId,
    schema: controlSessionId,
  },
];

for (const { name, prefix, other, parse, schema } of KINDS) {
  describe(name, () => {
    for (const given of [HEX, HYPHENATED, HEX.toUpperCase(), prefix + HEX, prefix + HYPHENATED, prefix + HEX.toUpperCase()]) {
      test(`the parser for ${name} converts ${given} to the canonical form`, () => {
        expect(parse(given)).toBe(prefix + HEX);
        expect(v.parse(schema, given)).toBe(prefix + HEX);
      });
    }

    for (const bad of [
      other + HEX,
      "",
      prefix,
      `${prefix}nonsense`,
      prefix + HEX.slice(1),
      `${prefix + HEX}0`,
      `${prefix}${prefix}${HEX}`,
      `${prefix}01980f5a7c2b-7e3d-8a4b-5c6d7e8f9012`,
      prefix + HEX.replace("a", "g"),
      prefix.toUpperCase() + HEX,
      ` ${prefix}${HEX}`,
      `${prefix}${HEX}\n`,
    ]) {
      test(`the parser for ${name} rejects ${JSON.stringify(bad)}`, () => {
        expect(parse(bad)).toBeUndefined();
        expect(v.safeParse(schema, bad).issues?.[0].message).toContain(`${prefix} and 32 hex digits`);
      });
    }

    test(`the parser for ${name} rejects a value that is not a string`, () => {
      for (const bad of [7, null, undefined, {}, [prefix + HEX], 1n]) expect.soft(parse(bad)).toBeUndefined();
    });
  });
}

describe("the schema `createToken`", () => {
  test("the schema `createToken` accepts only texts of 32 hex digits", () => {
    expect(v.is(createToken, "0123456789abcdef0123456789ABCDEF")).toBe(true);
    for (const bad of ["", HEX.slice(1), `${HEX}0`, HYPHENATED, "token-1", 7])
      expect.soft(v.is(createToken, bad), String(bad)).toBe(false);
  });
});

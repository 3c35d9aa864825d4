import * as v from "valibot";
import { expect, test } from "vitest";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { findProblem } from "../../src/protocol/message.js";
import { replacement } from "../../src/protocol/replacement-notification.js";
import { title, wire } from "./vectors.js";

for (const [index, vector] of wire.replacements.entries()) {
  if (vector.accepted) {
    test(title(index, vector.input, "is read as the Rust types read it"), () => {
      const expected = withoutNulls(vector.canonical);
      expect(stringifyJson(v.parse(replacement, parseJson(vector.input)))).toBe(expected);
      expect(stringifyJson(v.parse(replacement, parseJson(vector.canonical)))).toBe(expected);
    });
  } else {
    test(title(index, vector.input, "is not a replacement"), () => {
      expect(findProblem(replacement, parseJson(vector.input))).toMatch(/^kind: expected one of requote, directFill, original/);
    });
  }
}

test("the test vectors contain replacements of the kinds `requote`, `directFill` and `original`", () => {
  const kinds = wire.replacements.flatMap((vector) => (vector.accepted ? [/"kind":"(\w+)"/.exec(vector.input)?.[1]] : []));
  expect(kinds.sort()).toEqual(["directFill", "original", "requote"]);
});

/** Removes nulls, which the Rust types write for some absent fields. */
function withoutNulls(text: string): string {
  return stringifyJson(strip(parseJson(text)));
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, strip(member)]));
}

import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { u8, u64 } from "../../src/protocol/scalars.js";
import {
  anything,
  boolean,
  either,
  flag,
  list,
  oneOf,
  opt,
  orNull,
  pair,
  record,
  tagged,
  text,
} from "../../src/protocol/schema.js";

/** Returns the output of a schema, or the path and the reason for which it refuses a value. */
function read(schema: v.GenericSchema, value: unknown): { output: unknown } | { path: string | null; message: string } {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return { output: parsed.output };
  return { path: v.getDotPath(parsed.issues[0]), message: parsed.issues[0].message };
}

const refusedAt = (path: string | null, message: string) => ({ path, message: expect.stringContaining(message) });

/** Expects two schemas to return the same output, or to refuse the value at the same path. */
function expectAlike(ours: v.GenericSchema, valibots: v.GenericSchema, value: unknown): void {
  const [our, theirs] = [read(ours, value), read(valibots, value)];
  if ("output" in theirs) expect(our).toStrictEqual(theirs);
  else expect(our).toHaveProperty("path", theirs.path);
}

describe("the schemas text, boolean and oneOf", () => {
  test("the schemas `text`, `boolean` and `oneOf` accept valid values", () => {
    for (const value of ["", "a", "\0"]) expect(read(text, value)).toEqual({ output: value });
    for (const value of [true, false]) expect(read(boolean, value)).toEqual({ output: value });
    for (const value of ["a", "b", 7]) expect(read(oneOf(["a", "b", 7]), value)).toEqual({ output: value });
  });

  test("the schemas `text`, `boolean` and `oneOf` refuse values of other types, and the error names the expected type", () => {
    for (const value of [null, undefined, 0, 1, {}, [], ["a"], new String("a"), 1n]) {
      expect.soft(read(text, value)).toEqual({ path: null, message: "expected a string" });
      expect.soft(read(boolean, value)).toEqual({ path: null, message: "expected true or false" });
      expect.soft(read(oneOf(["a", "b", 7]), value)).toEqual({ path: null, message: "expected one of a, b, 7" });
    }
    expect(read(boolean, "true")).toHaveProperty("message");
    expect(read(oneOf(["a", "b", 7]), "7")).toHaveProperty("message");
    expect(read(oneOf(["a"]), "toString")).toHaveProperty("message");
  });
});

describe("an optional member", () => {
  const schema = v.object({
    flag,
    anything,
    opt: opt(u8),
    orNull: orNull(u8),
    list: list(u8),
  });

  test("for an absent member, the schema `flag` returns false and the schema `orNull` returns null", () => {
    expect(v.parse(schema, {})).toStrictEqual({ flag: false, orNull: null });
  });

  test("a schema returns the value of an optional member if the member is present", () => {
    const given = { flag: true, anything: [null], opt: 0, orNull: 1, list: [2] };
    expect(v.parse(schema, given)).toStrictEqual(given);
    expect(v.parse(schema, { opt: 7n, orNull: 8n, list: [9n] })).toMatchObject({ opt: 7, orNull: 8, list: [9] });
  });

  test("an optional member is allowed to be null if it is a scalar or an object", () => {
    expect(v.parse(schema, { opt: null, orNull: null })).toStrictEqual({ flag: false, opt: undefined, orNull: null });
  });

  test("`null` is refused for an optional boolean and for an optional list", () => {
    expect(read(schema, { flag: null })).toEqual(refusedAt("flag", "expected true or false"));
    expect(read(schema, { list: null })).toEqual(refusedAt("list", ""));
  });

  test("an optional member must be valid if it is present", () => {
    expect(read(schema, { opt: "0" })).toEqual(refusedAt("opt", "expected a u8"));
    expect(read(schema, { orNull: 256 })).toEqual(refusedAt("orNull", "expected a u8"));
    expect(read(schema, { list: [1, -1] })).toEqual(refusedAt("list.1", "expected a u8"));
  });

  test("the schema `list` reads an empty list as undefined", () => {
    expect(v.parse(v.object({ list: list(u8) }), { list: [] }).list).toBeUndefined();
  });

  test("the schema `anything` accepts any value", () => {
    for (const value of [null, 5, "x", { a: 1 }, undefined]) expect(read(anything, value)).toEqual({ output: value });
  });
});

describe("a record", () => {
  const key = v.pipe(
    v.custom<string>((name) => typeof name === "string" && name.startsWith("k"), "expected a k"),
    v.transform((name) => name.toUpperCase()),
  );

  test("the schema `record` reads the same values as valibot's record", () => {
    for (const value of [
      {},
      { k: 1 },
      { k: 1, kk: 2n },
      { k: "x" },
      { a: 1 },
      { k: 1, a: "x" },
      null,
      undefined,
      5,
      "k",
      [],
      [1],
    ])
      expectAlike(record(key, u8), v.record(key, u8), value);
  });

  test("the schema `record` reports the member that has an invalid name or value", () => {
    expect(read(record(key, u8), { k: 256 })).toEqual(refusedAt("k", "expected a u8"));
    expect(read(record(key, u8), { other: 1 })).toEqual(refusedAt("other", "expected a k"));
  });

  test("the schema `record` never sets the prototype of an object to a member named __proto__", () => {
    const read = v.parse(record(text, anything), JSON.parse('{"__proto__":{"a":1}}'));
    expect((read as { a?: unknown }).a).toBeUndefined();
  });
});

describe("a pair", () => {
  const schema = pair(u64, text);

  test("the schema `pair` reads a list of two items, each with its own schema", () => {
    expect(read(schema, [5, "a"])).toStrictEqual({ output: [5n, "a"] });
  });

  for (const [name, value, path] of [
    ["a list of one item", [5], null],
    ["a list of three items", [5, "a", "b"], null],
    ["an empty list", [], null],
    ["an object with the members of a list", { 0: 5, 1: "a", length: 2 }, null],
    ["a string of two characters", "5a", null],
    ["null", null, null],
    ["a list with an invalid first item", ["5", "a"], "0"],
    ["a list with an invalid second item", [5, 6], "1"],
  ] as const) {
    test(`the schema \`pair\` refuses ${name}`, () => {
      expect(read(schema, value)).toEqual(refusedAt(path, path === null ? "expected a list of two" : "expected a"));
    });
  }
});

describe("a union of two schemas", () => {
  test("a union of two schemas uses the first schema that accepts the value", () => {
    expect(read(either(u8, v.array(u8)), 5n)).toEqual({ output: 5 });
    expect(read(either(u8, v.array(u8)), [5n])).toEqual({ output: [5] });
    expect(read(either(orNull(u8), text), null)).toEqual({ output: null });
    expect(read(either(v.object({ a: opt(u8) }), v.object({ b: u8 })), { a: 1, b: 2 })).toEqual({ output: { a: 1 } });
  });

  test("a union of two schemas reports the issue of the second schema if both refuse the value", () => {
    expect(read(either(u8, v.array(u8)), [1, 256])).toEqual(refusedAt("1", "expected a u8"));
    expect(read(either(u8, text), 256)).toEqual(refusedAt(null, "expected a string"));
  });

  test("an object schema refuses an object if a member with a union schema is missing", () => {
    expect(read(v.object({ a: either(u8, text) }), {})).toEqual(refusedAt("a", ""));
  });
});

describe("objects that are discriminated by a tag", () => {
  const schema = tagged("kind", { circle: { radius: u64 }, square: { side: u64, label: opt(text) }, none: {} });

  test("the schema `tagged` returns an object with its tag first, and without unknown members", () => {
    const square = v.parse(schema, { label: "x", side: 5, future: 1, kind: "square" });
    expect(square).toStrictEqual({ kind: "square", side: 5n, label: "x" });
    expect(Object.keys(square)).toEqual(["kind", "side", "label"]);
    expect(v.parse(schema, { kind: "none", radius: 1 })).toStrictEqual({ kind: "none" });
  });

  for (const [name, value, path, message] of [
    ["an unknown tag", { kind: "line", radius: 5 }, "kind", "expected one of circle, square, none"],
    ["an inherited property name as the tag", { kind: "toString" }, "kind", "expected one of circle, square, none"],
    ["a tag that is not a string", { kind: ["circle"], radius: 5 }, "kind", "expected one of circle, square, none"],
    ["an object without a tag", { radius: 5 }, "kind", ""],
    ["an empty tag", { kind: "" }, "kind", "expected one of circle, square, none"],
    ["the members of another tag", { kind: "circle", side: 5 }, "radius", ""],
    ["an invalid member", { kind: "circle", radius: -1 }, "radius", "expected a u64"],
    ["null", null, null, ""],
    ["a string", "circle", null, ""],
    ["undefined", undefined, null, ""],
    ["a number", 5, null, ""],
  ] as const) {
    test(`the schema \`tagged\` refuses ${name}`, () => expect(read(schema, value)).toEqual(refusedAt(path, message)));
  }

  test("the schema `tagged` refuses values that are not plain objects", () => {
    const at = tagged("at", { start: {} });
    expect(read(at, { at: "start" })).toEqual({ output: { at: "start" } });
    expect(read(at, [])).toEqual(refusedAt("at", "expected one of start"));
    expect(read(at, "start")).toEqual(refusedAt(null, ""));
  });
});

// The schemas of valibot are the reference: our schemas must return the same output, or refuse a value at the same path.
describe("the combinators compared with valibot's", () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(undefined, "a", "b", 0, 255, 256, 5n, true, [1, "a"], [1, 2], ["a", 1], [1, "a", 2], [[1, "a"]]),
  );
  const object = fc.record(
    { a: value, b: value, kind: fc.oneof(fc.constantFrom<unknown>("a", "b"), value) },
    { requiredKeys: [] },
  );
  const valibotsOpt = v.optional(
    v.pipe(
      v.nullable(u8),
      v.transform((given) => given ?? undefined),
    ),
  );

  test("the schema `pair` accepts the same values as a strict tuple of two items in valibot", () => {
    const [ours, valibots] = [pair(u8, text), v.strictTuple([u8, text])];
    fc.assert(
      fc.property(fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })), (given) => {
        // For a list of two items, `pair` and valibot report errors at the same path. For other values, the paths can differ.
        if (Array.isArray(given) && given.length === 2) expectAlike(ours, valibots, given);
        else expect(v.is(ours, given)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  for (const [name, ours, valibots] of [
    ["text", text, v.string()],
    ["boolean", boolean, v.boolean()],
    ["oneOf", oneOf(["a", "b", 5]), v.picklist(["a", "b", 5])],
    ["flag", flag, v.optional(v.boolean(), false)],
    ["opt", opt(u8), valibotsOpt],
    ["orNull", orNull(u8), v.optional(v.nullable(u8), null)],
    ["anything", anything, v.optional(v.unknown())],
    [
      "tagged",
      tagged("kind", { a: { a: u8 }, b: { b: opt(u8) } }),
      v.variant("kind", [v.object({ kind: v.literal("a"), a: u8 }), v.object({ kind: v.literal("b"), b: valibotsOpt })]),
    ],
  ] as const) {
    test(`the schema ${name} reads the same values as its equivalent in valibot`, () => {
      fc.assert(
        fc.property(fc.oneof(value, object), (given) => {
          expectAlike(ours, valibots, given);
          expectAlike(v.object({ a: ours }), v.object({ a: valibots }), given);
        }),
        { numRuns: 1000 },
      );
    });
  }
});

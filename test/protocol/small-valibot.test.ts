import fc from "fast-check";
import * as valibot from "valibot";
import { describe, expect, test } from "vitest";
import * as small from "../../src/protocol/small-valibot.js";

type Kinds = typeof valibot;

const even = (value: unknown): boolean => typeof value === "number" && value % 2 === 0;

/** Schemas of every kind, made once with each of the two. */
const SCHEMAS: Record<string, (v: Kinds) => valibot.GenericSchema> = {
  custom: (v) => v.custom(even, "expected an even number"),
  array: (v) => v.array(v.custom(even, "expected an even number")),
  "an array of arrays": (v) => v.array(v.array(v.custom(even, "expected an even number"))),
  object: (v) => v.object({ a: v.custom(even, "expected an even number"), b: v.array(v.custom(even, "not even")) }),
  "an object of objects": (v) => v.object({ a: v.object({ b: v.custom(even, "not even") }) }),
  optional: (v) => v.object({ a: v.optional(v.custom(even, "not even")) }),
  "optional with a default": (v) => v.object({ a: v.optional(v.custom(even, "not even"), 4) }),
  nullish: (v) => v.object({ a: v.nullish(v.custom(even, "not even")) }),
  "nullish with a default": (v) => v.object({ a: v.nullish(v.custom(even, "not even"), 4) }),
  "nullish, null where it is left out": (v) => v.object({ a: v.nullish(v.custom(even, "not even"), null) }),
  pipe: (v) =>
    v.pipe(
      v.custom<number>(even, "not even"),
      v.transform((value) => value / 2),
      v.custom<number>(even, "not even by half"),
    ),
  "an optional pipe": (v) =>
    v.object({
      a: v.pipe(
        v.optional(v.custom<number>(even, "not even"), 2),
        v.transform((value) => value / 2),
      ),
    }),
  lazy: (v) => v.lazy((value) => (Array.isArray(value) ? v.array(v.custom(even, "not even")) : v.object({}))),
};

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.integer({ min: 0, max: 4 }),
    fc.constantFrom(null, undefined, "a", true),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value")),
  ),
})).value;

describe("the page files' kinds of schema", () => {
  test.each(Object.entries(SCHEMAS))("read as valibot's: %s", (_, make) => {
    const [ours, theirs] = [make(small as unknown as Kinds), make(valibot)];
    fc.assert(
      fc.property(values, (value) => {
        const [our, their] = [small.safeParse(ours as never, value), valibot.safeParse(theirs, value)];
        expect(our.success).toBe(their.success);
        if (their.success) expect(our.output).toStrictEqual(their.output);
        else expect(our.issues?.[0].path?.map(({ key }) => key).join(".") ?? null).toBe(valibot.getDotPath(their.issues[0]));
      }),
    );
  });

  test("say what is wrong", () => {
    const problem = (value: unknown) => small.safeParse(small.object({ a: small.array(small.custom(even, "not even")) }), value);
    expect(problem({ a: [2, 3] }).issues).toEqual([{ message: "not even", path: [{ key: "a" }, { key: 1 }] }]);
    expect(problem({ a: null }).issues?.[0].message).toBe("Invalid type: Expected Array but received null");
    expect(problem("a").issues?.[0].message).toBe("Invalid type: Expected Object but received string");
  });

  test("throw when they are to be parsed", () => {
    expect(small.parse(small.custom(even, "not even"), 2)).toBe(2);
    expect(() => small.parse(small.custom(even, "not even"), 3)).toThrow("not even");
  });
});

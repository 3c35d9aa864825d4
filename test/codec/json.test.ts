import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { parse as parseLossless } from "lossless-json";
import { describe, expect, test } from "vitest";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { damagedDocuments, documents, tokenSoup } from "./json-documents.js";

const INTEGER = /^-?\d+$/;

/**
 * Returns the expected value of a number in JSON. An integer beyond 2^53 with at most 400 digits is an exact bigint.
 */
function expectedNumber(text: string): unknown {
  const value = Number(text);
  return INTEGER.test(text) && text.length <= 400 && !Number.isSafeInteger(value) ? BigInt(text) : value;
}

const lossless = (text: string) =>
  parseLossless(text, null, { parseNumber: expectedNumber, onDuplicateKey: ({ newValue }) => newValue });

/** Returns the value with numbers rounded as JSON.parse rounds them. */
function rounded(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    // Does not assign to `copy[key]`: if the key is `__proto__`, an assignment would change the prototype.
    Object.defineProperty(copy, key, { value: rounded(member), enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

function outcome<T>(attempt: () => T): { value: T } | { threw: string } {
  try {
    return { value: attempt() };
  } catch (error) {
    return { threw: error instanceof Error ? error.name : String(error) };
  }
}

const U64_TEXT = "18446744073709551615";

// A random object can have a member named "constructor". `toStrictEqual` of vitest would take this member for the object's class,
// so the tests use `deepStrictEqual`.
describe("parseJson on random documents", () => {
  test("parseJson reads the same values as lossless-json", () => {
    fc.assert(
      fc.property(documents(), (text) => {
        deepStrictEqual(parseJson(text), lossless(text));
      }),
      { numRuns: 1500 },
    );
  });

  test("parseJson with integersOnly reads the same integers as lossless-json", () => {
    fc.assert(
      fc.property(documents({ fractions: false }), (text) => {
        deepStrictEqual(parseJson(text, { integersOnly: true }), lossless(text));
      }),
      { numRuns: 500 },
    );
  });

  test("parseJson with integersOnly returns NaN for numbers with a fraction or an exponent, and for no other numbers", () => {
    const notIntegers = (text: string) =>
      parseLossless(text, null, {
        parseNumber: (number) => (INTEGER.test(number) ? expectedNumber(number) : Number.NaN),
        onDuplicateKey: ({ newValue }) => newValue,
      });
    fc.assert(
      fc.property(documents(), (text) => {
        deepStrictEqual(parseJson(text, { integersOnly: true }), notIntegers(text));
      }),
      { numRuns: 500 },
    );
  });

  test("parseJson throws a SyntaxError for the same texts as JSON.parse, and its results differ only for integers beyond 2^53", () => {
    fc.assert(
      fc.property(fc.oneof(damagedDocuments(), tokenSoup()), (text) => {
        const expected = outcome(() => JSON.parse(text));
        deepStrictEqual(
          outcome(() => rounded(parseJson(text))),
          expected,
        );
        const integersOnly = outcome(() => parseJson(text, { integersOnly: true }));
        deepStrictEqual("threw" in integersOnly && integersOnly, "threw" in expected && expected);
      }),
      { numRuns: 4000 },
    );
  });
});

describe("parseJson, number by number", () => {
  for (const [text, value] of [
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["9007199254740993", 9007199254740993n],
    ["-9007199254740991", -9007199254740991],
    ["-9007199254740993", -9007199254740993n],
    ["18446744073709551615", 18446744073709551615n],
    ["-12345678901234567890", -12345678901234567890n],
    ["-123456789012345", -123456789012345],
    ["-0", -0],
    ["0", 0],
    ["1e3", 1000],
    ["-1.5E-2", -0.015],
    ["1.0000000000000000", 1],
    ["12345678901234567890.0", 12345678901234567000],
    ["1234567890123456789e0", 1234567890123456800],
    [`1${"0".repeat(399)}`, 10n ** 399n],
    [`1${"0".repeat(400)}`, Number.POSITIVE_INFINITY],
  ] as const) {
    const shown = text.length > 30 ? `${text.slice(0, 3)}… of ${text.length} digits` : text;
    test(`parseJson reads ${shown} as ${typeof value === "bigint" ? "a bigint" : "a number"}`, () => {
      expect(parseJson(text)).toBe(value);
      expect(parseJson(` [ ${text} ] `)).toStrictEqual([value]);
      expect(parseJson(`{"a":${text}}`)).toStrictEqual({ a: value });
    });
  }

  for (const text of ["5.0", "5e0", "1E2", "-0.0", "1.5", "12345678901234567890.5", "1e400"]) {
    test(`parseJson with integersOnly reads ${text} as NaN`, () => {
      expect(parseJson(text, { integersOnly: true })).toBeNaN();
      expect(parseJson(`{"a":[${text},"${text}"]}`, { integersOnly: true })).toStrictEqual({ a: [Number.NaN, text] });
    });
  }
});

describe("parseJson leaves strings as they are", () => {
  for (const [text, value] of [
    ['["12345678901234567890",12345678901234567890]', ["12345678901234567890", 12345678901234567890n]],
    ['["\\"12345678901234567890",12345678901234567890]', ['"12345678901234567890', 12345678901234567890n]],
    ['["a\\\\",12345678901234567890,"\\\\\\""]', ["a\\", 12345678901234567890n, '\\"']],
    ['{"12345678901234567890":12345678901234567890}', { "12345678901234567890": 12345678901234567890n }],
    ['["\u008012345678901234567890",12345678901234567890]', ["\u008012345678901234567890", 12345678901234567890n]],
    ['["\\u0080","\\u0080NaN","\\\\u0080",12345678901234567890]', ["\u0080", "\u0080NaN", "\\u0080", 12345678901234567890n]],
    ['{"\u00805":"\u0080\u00805","a":12345678901234567890}', { "\u00805": "\u0080\u00805", a: 12345678901234567890n }],
    ['{"\\u0080" : "x\u0080", "b" : 12345678901234567890}', { "\u0080": "x\u0080", b: 12345678901234567890n }],
    ['["日本語\\ud83d\\ude00",12345678901234567890]', ["日本語\u{1F600}", 12345678901234567890n]],
  ] as const) {
    test(`parseJson does not change the strings in ${text}`, () => expect(parseJson(text)).toStrictEqual(value));
  }
});

describe("parseJson on members", () => {
  test("parseJson returns a member named __proto__ as an own property", () => {
    const text = '{"__proto__":{"lamports":18446744073709551615},"a":1}';
    const value = parseJson(text) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(value, "__proto__")?.value).toStrictEqual({ lamports: 18446744073709551615n });
    expect((value as { lamports?: unknown }).lamports).toBeUndefined();
  });

  test("parseJson returns a member named __proto__ as an own property, even if its value is an integer beyond 2^53", () => {
    const value = parseJson('{"__proto__":18446744073709551615}') as object;
    expect(Object.entries(value)).toStrictEqual([["__proto__", 18446744073709551615n]]);
  });

  test("parseJson uses the last of several members with the same name", () => {
    expect(parseJson('{"a":18446744073709551615,"a":"x","b":1,"b":9007199254740993}')).toStrictEqual({
      a: "x",
      b: 9007199254740993n,
    });
  });

  for (const [name, text, value] of [
    [
      "a name that occurs in several objects",
      '{"a":18446744073709551615,"b":{"a":18446744073709551614},"c":[{"a":18446744073709551613},{"a":1}]}',
      { a: 18446744073709551615n, b: { a: 18446744073709551614n }, c: [{ a: 18446744073709551613n }, { a: 1 }] },
    ],
    [
      "a name that is written in several ways",
      '{"b":{"a" :18446744073709551615},"c":{"\\u0061":18446744073709551614},"d":{"a":\n18446744073709551613}}',
      { b: { a: 18446744073709551615n }, c: { a: 18446744073709551614n }, d: { a: 18446744073709551613n } },
    ],
    [
      "a name that occurs twice in an object, and again with a space before its colon",
      '{"a":18446744073709551615,"a":18446744073709551614,"b":{"a" :18446744073709551613}}',
      { a: 18446744073709551614n, b: { a: 18446744073709551613n } },
    ],
    [
      "a name that occurs twice in an object",
      '{"a":18446744073709551615,"a":18446744073709551614}',
      { a: 18446744073709551614n },
    ],
    [
      "a name that occurs twice in an object, and again in escaped form",
      '{"a":18446744073709551615,"a":18446744073709551614,"b":{"\\u0061":18446744073709551613}}',
      { a: 18446744073709551614n, b: { a: 18446744073709551613n } },
    ],
    [
      "a name that occurs twice in an object, and again with its value on the next line",
      '{"a":18446744073709551615,"a":18446744073709551614,"b":{"a":\n18446744073709551613}}',
      { a: 18446744073709551614n, b: { a: 18446744073709551613n } },
    ],
    [
      "two objects under the same name, of which the last one counts",
      '{"b":{"a":18446744073709551615},"b":{"a":18446744073709551614},"c":{"a":18446744073709551613}}',
      { b: { a: 18446744073709551614n }, c: { a: 18446744073709551613n } },
    ],
    [
      "a name that ends like another name",
      '{"x\\"a":18446744073709551615,"a":18446744073709551614}',
      { 'x"a': 18446744073709551615n, a: 18446744073709551614n },
    ],
    [
      "a name that also occurs inside a string",
      '{"b":"\\"a\\":18446744073709551615,","a":18446744073709551614,"c":"a"}',
      { b: '"a":18446744073709551615,', a: 18446744073709551614n, c: "a" },
    ],
    [
      "integer names, which an object puts before its other names",
      '{"b":{"a":18446744073709551615},"1":{"a":18446744073709551614}}',
      { 1: { a: 18446744073709551614n }, b: { a: 18446744073709551615n } },
    ],
    [
      "doubles and integers beyond 2^53 in one document",
      '{"b":{"a":1e300},"c":{"a":18446744073709551615},"d":{"a":18446744073709551615.5},"e":{"a":-18446744073709551615}}',
      { b: { a: 1e300 }, c: { a: 18446744073709551615n }, d: { a: 2 ** 64 }, e: { a: -18446744073709551615n } },
    ],
    [
      "integers beyond 2^53 in lists and in members",
      '[18446744073709551615,{"a":18446744073709551614},[[18446744073709551613]],9007199254740991]',
      [18446744073709551615n, { a: 18446744073709551614n }, [[18446744073709551613n]], 9007199254740991],
    ],
  ] as const) {
    test(`parseJson reads ${name}`, () => expect(parseJson(text)).toStrictEqual(value));
  }

  test("parseJson reads two thousand nested lists", () => {
    let value = parseJson(`${"[".repeat(2000)}18446744073709551615${"]".repeat(2000)}`);
    for (let depth = 0; depth < 2000; depth++) value = (value as unknown[])[0];
    expect(value).toBe(18446744073709551615n);
  });
});

describe("parseJson on broken JSON", () => {
  for (const text of [
    "",
    "-",
    "1e",
    "5.",
    ".5",
    "+1",
    "01",
    "--12345678901234567890",
    "01234567890123456789",
    "-01234567890123456789",
    "1234567890123456789.",
    "1234567890123456789e",
    "1234567890123456789-1",
    "1234567890123456789 1",
    "1234567890123456789n",
    '"a"1234567890123456789',
    '1234567890123456789"a"',
    "{1234567890123456789:1}",
    "{ -1234567890123456789 : 1 }",
    '{"a":1,1234567890123456789:1}',
    "[1234567890123456789",
    "[1234567890123456789,]",
    '{"a":1234567890123456789',
    '{"a" 1234567890123456789}',
    '["1234567890123456789,1234567890123456789]',
    '["\\x",1234567890123456789]',
    '["\n",1234567890123456789]',
    "[1234567890123456789]\u00a0",
    '["a\\",1234567890123456789]',
    "NaN",
    "\u0080",
  ]) {
    test(`parseJson throws a SyntaxError for ${JSON.stringify(text)}`, () => {
      expect(() => JSON.parse(text)).toThrow(SyntaxError);
      expect(() => parseJson(text)).toThrow(SyntaxError);
      expect(() => parseJson(text, { integersOnly: true })).toThrow(SyntaxError);
    });
  }

  for (const text of ["{1.5:1}", "{1e0 :1}", '{"a":5.}', "[1e]", "[1.5"]) {
    test(`parseJson with integersOnly throws a SyntaxError for ${text}`, () => {
      expect(() => parseJson(text, { integersOnly: true })).toThrow(SyntaxError);
    });
  }

  test("parseJson reads a megabyte of digits in less than quadratic time", () => {
    const run = "9".repeat(1_000_000);
    expect(parseJson(run)).toBe(Number.POSITIVE_INFINITY);
    expect(() => parseJson(`{${run}:1}`)).toThrow(SyntaxError);
    expect(() => parseJson(`["${"\\".repeat(1_000_000)}`.concat(run))).toThrow(SyntaxError);
  });

  test("parseJson refuses a truncated string with 200,000 escaped quotes in less than quadratic time", () => {
    for (const piece of ['\\"', '\\\\\\"', '\\"\n']) {
      const cut = piece.repeat(200_000 / piece.length);
      expect(() => parseJson(`[18446744073709551615,"${cut}`)).toThrow(SyntaxError);
      expect(() => parseJson(`[1.5,"${cut}`, { integersOnly: true })).toThrow(SyntaxError);
    }
  });
});

describe("parseJson on very long or very deep texts", () => {
  test("parseJson reads a string of 60 million characters", () => {
    const long = "x".repeat(60_000_000);
    const [wide, text] = parseJson(`[18446744073709551615,"${long}"]`) as [bigint, string];
    expect(wide).toBe(18446744073709551615n);
    expect(text === long).toBe(true);
  });

  test("parseJson reads a string with a million escapes", () => {
    const [wide, text] = parseJson(`[18446744073709551615,"${'\\"'.repeat(1_000_000)}"]`) as [bigint, string];
    expect(wide).toBe(18446744073709551615n);
    expect(text === '"'.repeat(1_000_000)).toBe(true);
  });

  test("parseJson throws a SyntaxError for a text that overflows the engine's stack", () => {
    const unreadable = [`[18446744073709551615,"${"\\n".repeat(10_000_000)}"]`, "["];
    for (const text of unreadable) {
      expect(() => parseJson(text)).toThrow(SyntaxError);
      expect(() => parseJson(text)).toThrow(/^not valid JSON: ./);
    }
  });
});

describe("parseJson with maxValues", () => {
  test.each([
    ["lists", "[],"],
    ["objects", "{},"],
    ["numbers", "1,"],
    ["nested lists", "["],
  ])("parseJson with maxValues refuses a text with too many %s", (_, part) => {
    const text = `[${part.repeat(2_000)}0`;
    expect(() => parseJson(text, { maxValues: 1_000 })).toThrow(new SyntaxError("not valid JSON: more than 1000 values"));
    expect(() => parseJson(text, { maxValues: 1_000, integersOnly: true })).toThrow("more than 1000 values");
  });

  test("parseJson with maxValues reads a long text that has few values", () => {
    expect(parseJson(`["${"A".repeat(5_000)}",2]`, { maxValues: 10 })).toEqual(["A".repeat(5_000), 2]);
  });
});

describe("stringifyJson", () => {
  test("stringifyJson writes a text from which parseJson and lossless-json read the same value", () => {
    const key = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom("\u0080", "toString", "12345678901234567890"),
    );
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).filter((n) => !Number.isSafeInteger(Number(n))),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
        fc.maxSafeInteger(),
        fc.string({ unit: "binary" }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(value, (given) => {
        // Excludes doubles beyond 2^53, which are written as integers and read as bigint.
        fc.pre(!hasWideDouble(given));
        const text = stringifyJson(given);
        deepStrictEqual(parseJson(text), given);
        deepStrictEqual(lossless(text), given);
      }),
      { numRuns: 500 },
    );
  });

  test("stringifyJson writes the same text as JSON.stringify for values without a bigint", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(stringifyJson(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  test("stringifyJson omits undefined members, and writes null for undefined items and holes in an array", () => {
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    expect(stringifyJson({ a: undefined, b: [undefined, , 1n] })).toBe('{"b":[null,null,1]}');
  });

  test("parseJson and stringifyJson process 100,000 nested lists or objects without a stack overflow", () => {
    const depth = 100_000;
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const text = open.repeat(depth) + U64_TEXT + close.repeat(depth);
      expect(stringifyJson(parseJson(text)) === text).toBe(true);
      expect(stringifyJson(parseJson(text, { integersOnly: true })) === text).toBe(true);
    }
  });

  test("stringifyJson refuses an object that contains itself", () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    expect(() => stringifyJson({ a: cycle })).toThrow(TypeError);
  });

  test("stringifyJson writes an object twice if a list contains the object twice", () => {
    const twice = { n: 1n };
    expect(stringifyJson([twice, twice])).toBe('[{"n":1},{"n":1}]');
  });

  test("stringifyJson keeps a member named __proto__", () => {
    expect(stringifyJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
  });

  test("stringifyJson writes infinity as 1e999, which parseJson reads as infinity", () => {
    const value = { high: Number.POSITIVE_INFINITY, low: Number.NEGATIVE_INFINITY };
    expect(stringifyJson(value)).toBe('{"high":1e999,"low":-1e999}');
    expect(parseJson(stringifyJson(value))).toEqual(value);
  });

  for (const [name, value] of [
    ["NaN", Number.NaN],
    ["undefined", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a list that contains NaN", [Number.NaN]],
    ["an object that contains a function", { a: () => 1 }],
  ] as const) {
    test(`stringifyJson refuses ${name}`, () => {
      expect(() => stringifyJson(value)).toThrow(TypeError);
    });
  }
});

function hasWideDouble(value: unknown): boolean {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === "object" && value !== null && Object.values(value).some(hasWideDouble);
}

import fc from "fast-check";

/**
 * Options of the generated JSON documents. The documents are hard to read: white space everywhere, randomly escaped characters,
 * integers beyond the precision of a double. Some strings look like numbers or begin with the mark that the parser uses.
 */
export interface DocumentOptions {
  /** Whether numbers may have fractions and exponents. @default true */
  fractions?: boolean;
}

const space = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\r"), maxLength: 2 });

/** Generates a sequence of digits of any length, without a leading zero. */
const digits = (maxLength: number) =>
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: maxLength - 1 }))
    .map(([first, rest]) => `${first}${rest}`);

const EDGES = ["9007199254740991", "9007199254740992", "9007199254740993", "18446744073709551615", "18446744073709551616"];
const magnitude = fc.oneof(fc.constantFrom("0", "1", ...EDGES), fc.integer({ min: 0 }).map(String), digits(24), {
  arbitrary: digits(450),
  weight: 1,
});
const integer = fc.tuple(fc.constantFrom("", "", "-"), magnitude).map((parts) => parts.join(""));
const anyDigits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 22 });
const tail = fc.oneof(
  anyDigits.map((fraction) => `.${fraction}`),
  fc
    .tuple(fc.constantFrom("e", "E"), fc.constantFrom("", "+", "-"), fc.integer({ min: 0, max: 30 }))
    .map(([letter, sign, exponent]) => `${letter}${sign}${exponent}`),
  fc.tuple(anyDigits, fc.integer({ min: 0, max: 30 })).map(([fraction, exponent]) => `.${fraction}e${exponent}`),
);
const fraction = fc.tuple(integer, tail).map((parts) => parts.join(""));

const content = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: fc.constantFrom("\\", '"', "\u0080", "5", "N", "[", "}", ":", ",", " "), maxLength: 12 }),
  digits(24),
  digits(24).map((run) => `\u0080${run}`),
  digits(18).map((run) => `\\"${run},"a":${run}\\`),
  fc.constantFrom(
    "",
    "\u0080",
    "\u0080\u0080",
    "\u0080NaN",
    "__proto__",
    "constructor",
    "\\u0080",
    "toString",
    "日本語",
    "\u{1F600}",
  ),
);

/** Generates JSON string literals that decode to a given text. Random characters are escaped. */
function spelled(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(text, fc.array(fc.boolean(), { minLength: 1, maxLength: 5 })).map(([value, escaped]) => {
    const units = value.split("").map((unit, index) => {
      const code = unit.charCodeAt(0);
      const must = code < 0x20 || unit === '"' || unit === "\\";
      if (!must && !escaped[index % escaped.length]) return unit;
      return must && code >= 0x20 && escaped[0] ? `\\${unit}` : `\\u${code.toString(16).padStart(4, "0")}`;
    });
    return `"${units.join("")}"`;
  });
}

const string = spelled(content);
/** Some names are frequent, so objects often contain a name twice. `JSON.parse` then keeps the last of these members. */
const name = fc.oneof(fc.constantFrom('"a"', '"rentEpoch"', '"x\\"a"', '"7"'), spelled(fc.constantFrom("a", "rentEpoch", "7")), {
  arbitrary: string,
  weight: 2,
});

export function documents({ fractions = true }: DocumentOptions = {}): fc.Arbitrary<string> {
  const number = fractions ? fc.oneof({ arbitrary: integer, weight: 3 }, { arbitrary: fraction, weight: 1 }) : integer;
  const leaf = fc.oneof(
    { arbitrary: number, weight: 4 },
    { arbitrary: string, weight: 3 },
    { arbitrary: fc.constantFrom("true", "false", "null"), weight: 1 },
  );
  const spaced = (text: fc.Arbitrary<string>) => fc.tuple(space, text, space).map((parts) => parts.join(""));
  const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { arbitrary: spaced(leaf), weight: 3 },
      { arbitrary: spaced(tie("list")), weight: 1 },
      { arbitrary: spaced(tie("object")), weight: 2 },
    ),
    list: fc.array(tie("value"), { maxLength: 5 }).map((items) => `[${items.join(",")}]`),
    object: fc
      .array(fc.tuple(fc.oneof(name, spaced(name)), tie("value")), { maxLength: 5 })
      .map((members) => `{${members.map((member) => member.join(":")).join(",")}}`),
  }));
  return value;
}

/** Generates documents with some characters deleted, doubled, replaced or inserted. Most of them are invalid. */
export function damagedDocuments(): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(...'0123456789-+.eE"\\{}[]:, u\u0080'),
    fc.constantFrom("12345678901234567890", "-9007199254740993", '"', "1.5", "\\u0080", "null"),
  );
  const edit = fc.record({ at: fc.nat(), removed: fc.nat({ max: 2 }), piece: fc.oneof(fc.constant(""), piece) });
  return fc.tuple(documents(), fc.array(edit, { minLength: 1, maxLength: 3 })).map(([text, edits]) => {
    let damaged = text;
    for (const { at, removed, piece: put } of edits) {
      const place = at % (damaged.length + 1);
      damaged = damaged.slice(0, place) + put + damaged.slice(place + removed);
    }
    return damaged;
  });
}

/** Generates JSON tokens in random order. The text is often invalid, for example with a number as a member name. */
export function tokenSoup(): fc.Arbitrary<string> {
  const token = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"a"',
    '"\u0080"',
    "12345678901234567890",
    "-1234567890123456",
    "1.5",
    " ",
  );
  return fc.array(token, { maxLength: 8 }).map((tokens) => tokens.join(""));
}

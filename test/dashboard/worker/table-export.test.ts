import { parse } from "lossless-json";
import { expect, test } from "vitest";
import { COLUMNS, toCsv, toNdjson } from "../../../demo/dashboard/worker/table-export.js";

const U64_MAX = 2n ** 64n - 1n;

test("a table is exported as NDJSON with one object per line and exact 64-bit integers", () => {
  const text = toNdjson([
    { slot: U64_MAX, programs: ["a", "b"], error: undefined, none: null, nested: { fee: 5000n } },
    { text: 'line\nbreak "quoted"' },
  ]);
  const lines = text.split("\n");
  expect(lines).toHaveLength(3);
  expect(parse(lines[0] ?? "", undefined, (value) => BigInt(value))).toEqual({
    slot: U64_MAX,
    programs: ["a", "b"],
    none: null,
    nested: { fee: 5000n },
  });
  expect(JSON.parse(lines[1] ?? "")).toEqual({ text: 'line\nbreak "quoted"' });
});

test("a table that is exported as CSV follows RFC 4180", () => {
  expect(toCsv([{ a: 'say "hi", twice', b: U64_MAX, c: ["x", "y"] }, { b: "two\nlines" }], ["a", "b", "c"])).toBe(
    'a,b,c\r\n"say ""hi"", twice",18446744073709551615,x y\r\n,"two\nlines",\r\n',
  );
});

test("the CSV export escapes formulas, but not negative numbers", () => {
  expect(toCsv([{ a: "=HYPERLINK(1)" }, { a: "@x" }, { a: "-5" }, { a: -5n }, { a: "-x" }], ["a"])).toBe(
    "a\r\n'=HYPERLINK(1)\r\n'@x\r\n-5\r\n-5\r\n'-x\r\n",
  );
});

test("the first column of every exported table is the slot", () => {
  expect(Object.values(COLUMNS).map(([first]) => first)).toEqual(["slot", "slot", "slot"]);
});

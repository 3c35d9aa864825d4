import { expect, it } from "vitest";
import { quoteAsRust } from "../../src/reroute/rust-quote.js";

it.each([
  ["plain 'text'", `"plain 'text'"`],
  ['a"b\\', '"a\\"b\\\\"'],
  ["\0\t\r\n", '"\\0\\t\\r\\n"'],
  ["\u0007\u200b\u00a0", '"\\u{7}\\u{200b}\\u{a0}"'],
  ["e\u0301", '"e\\u{301}"'],
  ["é 🦬", '"é 🦬"'],
])("rustQuote quotes %j like the debug format of Rust", (text, quoted) => {
  expect(quoteAsRust(text)).toBe(quoted);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { styler } from "../../../src/cli/terminal/style.js";
import { ERASE_LINE, escapeUnsafe, toTerminal } from "../../../src/cli/terminal/terminal-text.js";
import { capturedOutput } from "../support/captured-io.js";

describe("escapeUnsafe", () => {
  it.each([
    ["an escape sequence", "\x1b[2J", "\\u001b[2J"],
    ["a C1 control character", "\u009b31m", "\\u009b31m"],
    ["a carriage return", "real\rfake", "real\\u000dfake"],
    ["a backspace and DEL", "\b\x7f", "\\u0008\\u007f"],
    ["a right-to-left override", "\u202etxt", "\\u202etxt"],
    ["an isolate", "\u2067a\u2069", "\\u2067a\\u2069"],
    ["an Arabic letter mark", "\u061c", "\\u061c"],
    ["a zero-width space", "a\u200bb", "a\\u200bb"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
    ["an invisible tag character", "\u{e0041}", "\\udb40\\udc41"],
  ])("escapeUnsafe replaces %s with a Unicode escape", (_, text, expected) => {
    expect(escapeUnsafe(text)).toBe(expected);
  });

  it("escapeUnsafe keeps line feeds, tabs and letters of any script", () => {
    const text = "слот\t槽\nنص 🙂 €";
    expect(escapeUnsafe(text)).toBe(text);
  });

  it("escapeUnsafe does not change the value of a JSON text", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(escapeUnsafe(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    const hostile = { text: "\u202e\u009b\u{e0041}\x7f" };
    expect(JSON.parse(escapeUnsafe(JSON.stringify(hostile)))).toEqual(hostile);
  });
});

describe("toTerminal", () => {
  it("toTerminal keeps the control sequences that this program adds", () => {
    expect(toTerminal(`${ERASE_LINE}${styler(true, {})("green", "ok")}`)).toBe("\r\x1b[K\x1b[32mok\x1b[0m");
  });

  it("toTerminal escapes control sequences in text from other sources", () => {
    expect(toTerminal(styler(true, {})("green", "\x1b[31m\r\x1b[K"))).toBe("\x1b[32m\\u001b[31m\\u000d\\u001b[K\x1b[0m");
  });
});

describe("an output", () => {
  it("an output writes data unchanged to a pipe, and escapes data for a terminal", () => {
    const [pipe, terminal] = [capturedOutput(), capturedOutput({ isTerminal: true })];
    for (const output of [pipe, terminal]) output.writeData("\x1b[2J");
    expect([pipe.text, terminal.text]).toEqual(["\x1b[2J", "\\u001b[2J"]);
  });
});

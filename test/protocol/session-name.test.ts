import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalizeSessionName } from "../../src/protocol/session-name.js";

// The test cases that the Rust crate generated are in conformance/session-names.test.ts.
describe("session names", () => {
  for (const name of ["-", ".run", "run_", "run.", "a\n", "\na", " a", "a\tb", "a".repeat(101), "É", "\u212a", "\u017f"]) {
    test(`the session name ${JSON.stringify(name.length > 20 ? `${name.length} characters` : name)} is refused, and the error states the rule`, () => {
      expect(normalizeSessionName(name)).toEqual({
        error: expect.stringContaining("use 1-100 letters, digits, '-', '_' or '.'"),
      });
    });
  }

  for (const [name, kept] of [
    ["RUN", "run"],
    ["a.b_c-d", "a.b_c-d"],
    ["run-2026-10-06", "run-2026-10-06"],
    ["A".repeat(100), "a".repeat(100)],
  ] as const) {
    test(`normalizeSessionName converts ${name.slice(0, 20)} to ${kept.slice(0, 20)}`, () =>
      expect(normalizeSessionName(name)).toEqual({ ok: kept }));
  }

  test("a normalized session name is valid, and normalizing it again does not change it", () => {
    const name = fc.string({ unit: fc.constantFrom(..."aZ09-_. é"), maxLength: 12 });
    fc.assert(
      fc.property(name, (given) => {
        const normal = normalizeSessionName(given);
        const wellFormed = /^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$/.test(given);
        expect("ok" in normal).toBe(wellFormed);
        if ("ok" in normal) expect(normalizeSessionName(normal.ok)).toEqual(normal);
      }),
    );
  });
});

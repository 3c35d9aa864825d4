import { expect } from "vitest";

/**
 * Returns the texts that would reveal a key: its first letters and its base64 forms. URL encoding and JSON do not change the first
 * letters.
 */
function spellingsOf(key: string): string[] {
  const [letters = ""] = /^[\w-]+/.exec(key) ?? [];
  expect(letters.length, "the key of a test must begin with letters that no encoding changes").toBeGreaterThan(8);
  return [letters, Buffer.from(key).toString("base64url"), Buffer.from(key).toString("base64")];
}

/** Expects that a text contains no encoding of the key. */
export function expectNoKey(text: string, key: string): void {
  for (const spelling of spellingsOf(key)) expect(text).not.toContain(spelling);
}

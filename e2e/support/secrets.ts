import { expect } from "vitest";

/**
 * Returns the texts that would reveal a key: the letters at its start, and the key in base64. JSON and URLs contain these letters
 * unchanged.
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

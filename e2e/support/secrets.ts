import { expect } from "vitest";

/** Every spelling of a key that a text could give it away in. Its letters are the same in a URL, a form and JSON. */
function spellingsOf(key: string): string[] {
  const [letters = ""] = /^[\w-]+/.exec(key) ?? [];
  expect(letters.length, "a key begins with letters that no encoding changes").toBeGreaterThan(8);
  return [letters, Buffer.from(key).toString("base64url"), Buffer.from(key).toString("base64")];
}

/** Nothing of the key is in the text. */
export function expectNoKey(text: string, key: string): void {
  for (const spelling of spellingsOf(key)) expect(text).not.toContain(spelling);
}

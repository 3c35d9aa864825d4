const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\t": "\\t",
  "\r": "\\r",
  "\n": "\\n",
  '"': '\\"',
  "\\": "\\\\",
};

/**
 * The characters that Rust escapes: quotes, backslashes, invisible characters, and characters that combine with the previous
 * character.
 */
const ESCAPED = /[\p{C}\p{Z}\p{Grapheme_Extend}"\\]/gu;

/** Quotes a text as Rust's debug format does. For example, it writes `\u{7}` where JSON has `\u0007`. */
export function quoteAsRust(text: string): string {
  const escaped = text.replace(ESCAPED, (character) => {
    if (character === " ") return character;
    return ESCAPES[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
  return `"${escaped}"`;
}

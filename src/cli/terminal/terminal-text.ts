import { randomUUID } from "node:crypto";

/** Marks the control sequences of this program. It is random, so that no server can send one. */
const OWN_SEQUENCE = randomUUID();

/** Moves to the start of the line and erases it (ECMA-48, EL). */
export const ERASE_LINE = `${OWN_SEQUENCE}K`;

/** Sets the style of the text that follows (ECMA-48, SGR). */
export function selectStyle(code: number): string {
  return `${OWN_SEQUENCE}${code}m`;
}

/**
 * Control, format and bidirectional characters, except line feed and tab. They could move the cursor, change the title, hide
 * text or reverse it.
 */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Replaces characters that are unsafe on a terminal with `\uXXXX`. In JSON the value stays the same. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, index) => toEscape(character.charCodeAt(index))).join(""),
  );
}

function toEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

/** What to write for a text: unsafe characters are escaped, and only this program's control sequences remain. */
export function toTerminal(text: string): string {
  return escapeUnsafe(text).replaceAll(ERASE_LINE, "\r\x1b[K").replaceAll(OWN_SEQUENCE, "\x1b[");
}

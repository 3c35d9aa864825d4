import { randomUUID } from "node:crypto";

/**
 * Marks the control sequences of this program until they are written. The mark is random, so that text from a server cannot
 * contain it.
 */
const OWN_SEQUENCE = randomUUID();

/** Moves the cursor to the start of the line and erases the line (ECMA-48, EL). */
export const ERASE_LINE = `${OWN_SEQUENCE}K`;

/** Moves the cursor up to the start of a line and erases everything below (ECMA-48, CUU and ED). */
export function eraseLines(count: number): string {
  return `${OWN_SEQUENCE}${count}A${OWN_SEQUENCE}J`;
}

/** Sets the style of the text that follows (ECMA-48, SGR). */
export function selectStyle(code: number): string {
  return `${OWN_SEQUENCE}${code}m`;
}

/**
 * Control, format and bidirectional characters, except line feed and tab. They could move the cursor, change the title of the
 * terminal, or hide or reverse text.
 */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Replaces characters that are unsafe on a terminal with `\uXXXX`. If the text is JSON, its parsed value stays the same. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, index) => toEscape(character.charCodeAt(index))).join(""),
  );
}

function toEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

/** Converts a text for output: escapes unsafe characters, and inserts the control sequences of this program. */
export function toTerminal(text: string): string {
  return escapeUnsafe(text).replaceAll(ERASE_LINE, "\r\x1b[K").replaceAll(OWN_SEQUENCE, "\x1b[");
}

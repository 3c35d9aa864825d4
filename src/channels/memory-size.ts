/** The memory that each array or object of a parsed message takes, in bytes. */
const HOLDER_BYTES = 64;
/** Most parsed messages take at most this memory, in bytes per character of the text. */
const USUAL_RATIO = 4;

/**
 * Returns the size of a message for the buffer limits: the length of its text. A message with many small objects or arrays, such
 * as `[{},{},{}]`, counts as larger, because it takes much more memory after parsing.
 */
export function memorySizeOf(text: string): number {
  let holders = 0;
  for (const character of ["{", "["]) {
    for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) holders++;
  }
  return text.length + Math.max(0, holders * HOLDER_BYTES - USUAL_RATIO * text.length);
}

/** Memory of a list or an object in addition to its text, in bytes. */
const HOLDER_BYTES = 64;
/** The memory of a usual message is up to this many times the length of its text. It is not counted. */
const USUAL_RATIO = 4;

/**
 * The size of a message for the limits of buffers: the length of its text, or more if it takes much more memory than its text,
 * as `[{},{},{}]` does.
 */
export function memorySizeOf(text: string): number {
  let holders = 0;
  for (const character of ["{", "["]) {
    for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) holders++;
  }
  return text.length + Math.max(0, holders * HOLDER_BYTES - USUAL_RATIO * text.length);
}

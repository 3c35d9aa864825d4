/**
 * Compares two strings by their UTF-8 bytes, like Rust. JavaScript compares UTF-16 code units, and therefore sorts characters
 * beyond U+FFFF before U+E000 to U+FFFF.
 */
export function compareBytes(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === a.length || at === b.length) return a.length - b.length;
  const [unitA, unitB] = [a.charCodeAt(at), b.charCodeAt(at)];
  if (isSurrogate(unitA) === isSurrogate(unitB)) return unitA - unitB;
  // A surrogate is a part of a character beyond U+FFFF. Such a character sorts after every character up to U+FFFF.
  return isSurrogate(unitA) ? 1 : -1;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

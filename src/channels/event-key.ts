/** Longer keys are replaced by a digest. Signatures and addresses are shorter than this; account states are longer. */
const MAX_KEY = 300;

/**
 * Returns the form of an event's key that a cursor stores. A long key becomes its length and a 64-bit digest, because the cursor
 * keeps all keys of a slot in memory.
 */
export function shortKey(key: string): string {
  if (key.length <= MAX_KEY) return key;
  // Two 32-bit FNV-1a hashes with different offsets.
  let [low, high] = [0x811c9dc5, 0x9747b28c];
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
  }
  return `${key.length}:${(low >>> 0).toString(36)}${(high >>> 0).toString(36)}`;
}

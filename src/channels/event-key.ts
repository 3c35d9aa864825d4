/** Longer keys are replaced by a digest. Signatures and addresses are shorter than this; account states are longer. */
const MAX_KEY = 300;

/**
 * Shortens the key of an event for a cursor. A long key is replaced by its length and a 64-bit digest. This saves memory, because a
 * cursor stores all keys of a slot.
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

/** Longer keys are replaced by a digest. Signatures and addresses are shorter; states of accounts are not. */
const MAX_KEY = 300;

/**
 * The key of an event within its slot, as a cursor keeps it. A long key becomes its length and a digest of 64 bits, because the cursor
 * keeps all keys of a slot.
 */
export function shortKey(key: string): string {
  if (key.length <= MAX_KEY) return key;
  // FNV-1a, twice with different offsets.
  let [low, high] = [0x811c9dc5, 0x9747b28c];
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
  }
  return `${key.length}:${(low >>> 0).toString(36)}${(high >>> 0).toString(36)}`;
}

/**
 * A seeded random number generator (sfc32 by Chris Doty-Humphrey) that produces the same numbers on every platform. The seed is a
 * text that can contain a slot, so that each slot has its own generator. A block can then be built without the blocks before it.
 */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string) {
    [this.#a, this.#b, this.#c] = digest(seed);
    // Discards the first outputs, because they still show the pattern of the seed.
    for (let i = 0; i < 12; i++) this.u32();
  }

  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Returns an integer from 0 to `limit` − 1. */
  below(limit: number): number {
    return Math.floor((this.u32() / 2 ** 32) * limit);
  }

  chance(probability: number): boolean {
    return this.u32() / 2 ** 32 < probability;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      let word = this.u32();
      for (let i = 0; i < 4 && at < length; i++, at++) {
        bytes[at] = word & 0xff;
        word >>>= 8;
      }
    }
    return bytes;
  }
}

/**
 * Hashes a text to three 32-bit numbers. Each number is an FNV-1a hash with its own prime, mixed by the final step of
 * MurmurHash3.
 */
function digest(text: string): [number, number, number] {
  let first = 0x811c9dc5;
  let second = 0x9e3779b9;
  let third = 0x85ebca6b;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ unit, 0x85ebca77);
    third = Math.imul(third ^ unit, 0xc2b2ae3d);
  }
  return [avalanche(first), avalanche(second), avalanche(third)];
}

function avalanche(lane: number): number {
  let mixed = lane;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

import { MAX_BLOCK } from "./format.js";

/** The minimum length of a copy, in bytes. A shorter copy saves no space. */
const MIN_MATCH = 6;
/** The minimum length of a copy that has the same offset as the previous copy, in bytes. */
const MIN_REPEATED = 4;
/** The maximum number of sequences in a block. Each sequence copies at least `MIN_REPEATED` bytes. */
const MAX_SEQUENCES = MAX_BLOCK / MIN_REPEATED + 1;

const lengths = new Uint32Array(MAX_SEQUENCES);
const matches = new Uint32Array(MAX_SEQUENCES);
const offsets = new Uint32Array(MAX_SEQUENCES);
const literals = new Uint8Array(MAX_BLOCK);

/**
 * A block, parsed into sequences. Each sequence has literals and then a copy. The remaining literals come at the end of the block.
 * The object is valid until the next block is parsed.
 */
export interface Parsed {
  count: number;
  readonly lengths: Uint32Array;
  readonly matches: Uint32Array;
  /** Encoded offsets. The values 1 to 3 select one of the last three offsets. Each other value is an offset plus 3. */
  readonly offsets: Uint32Array;
  readonly literals: Uint8Array;
  literalCount: number;
}

const parsed: Parsed = { count: 0, lengths, matches, offsets, literals, literalCount: 0 };

/**
 * Finds repeated bytes with two hash tables: the last positions of strings of 8 bytes, and of 5 bytes. Position 0 means that an
 * entry is empty. The finder uses the first match, even if a longer match exists.
 */
export class MatchFinder {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  /** The last three offsets, as in the decoder. */
  recent: [number, number, number] = [1, 4, 8];
  /** Both hash tables. The table of 5 bytes is first, then the table of 8 bytes. */
  readonly positions: Int32Array;
  readonly #shift: number;
  readonly #long: Int32Array;

  /**
   * @param maxOffset the maximum offset of a copy
   * @param tableBits each hash table has `2 ** tableBits` entries
   */
  constructor(
    readonly maxOffset: number,
    tableBits: number,
  ) {
    this.#shift = 32 - tableBits;
    this.positions = new Int32Array(2 << tableBits);
    this.#long = this.positions.subarray(1 << tableBits);
  }

  /**
   * Sets the bytes to search. In a later call, `bytes` must start with the bytes of the previous call. The hash tables contain
   * positions in these bytes.
   */
  use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Parses the bytes from `start` up to, but not including, `end` into sequences. These bytes must fit in one block. */
  parse(start: number, end: number): Parsed {
    const { bytes, view, maxOffset } = this;
    const long = this.#long;
    const short = this.positions;
    parsed.count = 0;
    parsed.literalCount = 0;
    let anchor = start;
    let at = start;
    let recent = this.recent[0];
    for (const stop = end - 8; at < stop; ) {
      const low = view.getInt32(at, true);
      const high = view.getInt32(at + 4, true);
      const longSlot = this.#slotOf(low, high);
      const shortSlot = this.#slotOf(low, high & 255);
      const longFrom = long[longSlot] as number;
      const shortFrom = short[shortSlot] as number;
      long[longSlot] = at;
      short[shortSlot] = at;

      const lowest = Math.max(0, at - maxOffset);
      const repeated = at + 1 - recent;
      let from = 0;
      let least = MIN_MATCH;
      if (repeated > lowest && view.getInt32(repeated, true) === view.getInt32(at + 1, true)) {
        at++;
        from = repeated;
        least = MIN_REPEATED;
      } else if (longFrom > lowest && view.getInt32(longFrom, true) === low && view.getInt32(longFrom + 4, true) === high) {
        from = longFrom;
      } else if (shortFrom > lowest && view.getInt32(shortFrom, true) === low) {
        from = shortFrom;
      }
      let length = 0;
      if (from > 0) {
        length = this.#matchLength(at, from, end);
        for (; at > anchor && from > 0 && bytes[at - 1] === bytes[from - 1]; at--) {
          from--;
          length++;
        }
      }
      if (length < least) {
        // Skips more and more bytes while no match is found. Incompressible data then takes less time.
        at += 1 + ((at - anchor) >> 8);
        continue;
      }
      recent = at - from;
      this.#add(anchor, at, length, recent);
      at += length;
      anchor = at;
      if (at < stop) this.#remember(at - 2);
    }
    this.#addLiterals(anchor, end);
    return parsed;
  }

  #remember(at: number): void {
    const low = this.view.getInt32(at, true);
    const high = this.view.getInt32(at + 4, true);
    this.#long[this.#slotOf(low, high)] = at;
    this.positions[this.#slotOf(low, high & 255)] = at;
  }

  /** Returns the table index of a string of 8 or 5 bytes. `low` contains the first 4 bytes, and `high` contains the rest. */
  #slotOf(low: number, high: number): number {
    return Math.imul(Math.imul(low, 0x9e3779b1) ^ high, 0x85ebca6b) >>> this.#shift;
  }

  #matchLength(start: number, other: number, end: number): number {
    const { bytes } = this;
    let at = start;
    let from = other;
    for (; at < end && bytes[at] === bytes[from]; from++) at++;
    return at - start;
  }

  #add(anchor: number, at: number, match: number, offset: number): void {
    const length = at - anchor;
    this.#addLiterals(anchor, at);
    lengths[parsed.count] = length;
    matches[parsed.count] = match;
    offsets[parsed.count] = this.#codeOffset(offset, length === 0);
    parsed.count++;
  }

  #addLiterals(start: number, end: number): void {
    literals.set(this.bytes.subarray(start, end), parsed.literalCount);
    parsed.literalCount += end - start;
  }

  /** Encodes an offset as a number. The numbers 1 to 3 refer to recent offsets (RFC 8878, 3.1.1.5). */
  #codeOffset(offset: number, withoutLiterals: boolean): number {
    const [first, second, third] = this.recent;
    const choices = withoutLiterals ? [second, third, first - 1] : [first, second, third];
    const choice = choices.indexOf(offset);
    if (offset === second) this.recent = [second, first, third];
    else if (choice !== 0) this.recent = [offset, first, second];
    return choice < 0 ? offset + 3 : choice + 1;
  }
}

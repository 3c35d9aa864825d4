import { BackwardBits, bitsOf } from "./bits.js";
import { FseTable, readDistribution } from "./fse-table.js";
import { corrupt } from "./zstd-error.js";

/** The maximum length of a literal's code, in bits (RFC 8878, 4.2.1). */
export const MAX_CODE_BITS = 11;
const MAX_WEIGHT_LOG = 6;
const MAX_SYMBOLS = 256;

const weights = new Uint8Array(MAX_SYMBOLS);
const weightTable = new FseTable();
const bits = new BackwardBits();
const starts = new Uint16Array(MAX_CODE_BITS + 2);

/**
 * A Huffman table for decoding. For each possible value of the next `bits` bits, it contains the symbol (high byte) and the length
 * of the symbol's code (low byte).
 */
export class HuffmanTable {
  /** The number of bits for a look-up. 0 if no table has been read. */
  bits = 0;
  readonly cells = new Uint16Array(1 << MAX_CODE_BITS);

  /**
   * Reads the description of a table (RFC 8878, 4.2.1).
   *
   * @param end the end of the available bytes
   * @returns the position after the description
   */
  read(view: DataView, start: number, end: number): number {
    if (start >= end) throw corrupt("no Huffman table");
    const header = view.getUint8(start);
    const at = start + 1;
    const next = at + (header < 128 ? header : (header - 126) >> 1);
    if (next > end) throw corrupt("a truncated Huffman table");
    if (header < 128) return this.#build(readWeights(view, at, next), next);
    const count = header - 127;
    for (let i = 0; i < count; i++) weights[i] = (view.getUint8(at + (i >> 1)) >> (i % 2 === 0 ? 4 : 0)) & 15;
    return this.#build(count, next);
  }

  /**
   * Builds the table from the first `count` weights. The weight of the last symbol is calculated from the free space in the
   * table.
   */
  #build(count: number, next: number): number {
    let sum = 0;
    for (let symbol = 0; symbol < count; symbol++) sum += (1 << (weights[symbol] as number)) >> 1;
    const bits = 32 - Math.clz32(sum);
    const rest = (1 << bits) - sum;
    if (sum === 0 || bits > MAX_CODE_BITS || count >= MAX_SYMBOLS || (rest & (rest - 1)) !== 0)
      throw corrupt("an invalid Huffman table");
    weights[count] = 32 - Math.clz32(rest);
    // Counts the cells of each weight, to find the first cell of each weight. Cells are sorted by weight, and then by symbol.
    starts.fill(0);
    for (let symbol = 0; symbol <= count; symbol++) {
      const weight = weights[symbol] as number;
      starts[weight + 1] = (starts[weight + 1] as number) + ((1 << weight) >> 1);
    }
    // `starts[2]` is the number of codes with the maximum length. A valid table has at least two of them.
    if ((starts[2] as number) < 2) throw corrupt("an invalid Huffman table");
    for (let weight = 1; weight <= bits; weight++) starts[weight] = (starts[weight] as number) + (starts[weight - 1] as number);
    for (let symbol = 0; symbol <= count; symbol++) {
      const weight = weights[symbol] as number;
      if (weight === 0) continue;
      const start = starts[weight] as number;
      const stop = start + (1 << (weight - 1));
      const cell = (symbol << 8) | (bits + 1 - weight);
      for (let at = start; at < stop; at++) this.cells[at] = cell;
      starts[weight] = stop;
    }
    this.bits = bits;
    return next;
  }

  /**
   * Decodes `count` symbols from one stream. The stream starts at `start` and ends before `end`.
   *
   * @param source must contain at least four bytes after `end`
   */
  decode(source: DataView, start: number, end: number, target: Uint8Array, to: number, count: number): void {
    this.#finish(source, start, bitsOf(source, start, end), target, to, to + count);
  }

  /**
   * Decodes two adjacent streams: `count` symbols of the first stream and `otherCount` symbols of the second stream. This takes
   * half the time of two `decode` calls, because the CPU can decode both streams in parallel.
   *
   * @param source must contain at least four bytes after `end`
   */
  decodeTwo(
    source: DataView,
    start: number,
    otherStart: number,
    end: number,
    target: Uint8Array,
    to: number,
    count: number,
    otherCount: number,
  ): void {
    const { cells } = this;
    const shift = 32 - this.bits;
    const stop = to + otherCount - 1;
    let left = bitsOf(source, start, otherStart);
    let otherLeft = bitsOf(source, otherStart, end);
    let at = to;
    // Each pass loads 32 bits of each stream. At most 7 of these bits are already decoded, and two symbols take at most 22 bits.
    for (; at < stop && left >= 32 && otherLeft >= 32; at += 2) {
      const window = source.getUint32(start + ((left + 7) >> 3) - 4, true) << (-left & 7);
      const otherWindow = source.getUint32(otherStart + ((otherLeft + 7) >> 3) - 4, true) << (-otherLeft & 7);
      const first = cells[window >>> shift] as number;
      const otherFirst = cells[otherWindow >>> shift] as number;
      // The lowest five bits of `first` are the code length. `<<` uses only these five bits of its right operand.
      const second = cells[(window << first) >>> shift] as number;
      const otherSecond = cells[(otherWindow << otherFirst) >>> shift] as number;
      target[at] = first >> 8;
      target[at + 1] = second >> 8;
      target[at + count] = otherFirst >> 8;
      target[at + count + 1] = otherSecond >> 8;
      left -= (first & 255) + (second & 255);
      otherLeft -= (otherFirst & 255) + (otherSecond & 255);
    }
    this.#finish(source, start, left, target, at, to + count);
    this.#finish(source, otherStart, otherLeft, target, at + count, to + count + otherCount);
  }

  /** Decodes the remaining `rest` bits of a stream. Throws if these bits do not fill the output exactly up to `stop`. */
  #finish(source: DataView, start: number, rest: number, target: Uint8Array, to: number, stop: number): void {
    const { bits, cells } = this;
    const mask = (1 << bits) - 1;
    let left = rest;
    let at = to;
    for (; at < stop && left > 0; at++) {
      const low = left - bits;
      const cell = cells[
        (low >= 0 ? source.getUint32(start + (low >> 3), true) >>> (low & 7) : source.getUint32(start, true) << -low) & mask
      ] as number;
      target[at] = cell >> 8;
      left -= cell & 255;
    }
    if (at < stop || left !== 0) throw corrupt("a literal stream of the wrong length");
  }
}

/**
 * Reads FSE-coded weights (RFC 8878, 4.2.1.2) with two alternating states, until all bits are read.
 *
 * @returns the number of weights
 */
function readWeights(view: DataView, start: number, end: number): number {
  const { distribution, next } = readDistribution(view, start, end, MAX_WEIGHT_LOG, MAX_CODE_BITS);
  const { log, cells } = weightTable.build(distribution);
  bits.open(view, next, end);
  let state = bits.read(log);
  let other = bits.read(log);
  for (let count = 0; count < MAX_SYMBOLS - 2; ) {
    const cell = cells[state] as number;
    weights[count++] = cell & 255;
    state = other;
    other = (cell >>> 16) + bits.read((cell >>> 8) & 255);
    if (bits.left < 0) {
      weights[count++] = (cells[state] as number) & 255;
      return count;
    }
  }
  throw corrupt("a Huffman table with too many symbols");
}

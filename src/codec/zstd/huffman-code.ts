import type { BitWriter } from "./bit-writer.js";
import { MAX_CODE_BITS } from "./huffman-table.js";

/**
 * The maximum number of symbols (RFC 8878, 4.2.1.1). The description of a code contains up to 128 weights. The decoder computes
 * the weight of the last symbol.
 */
const MAX_SYMBOLS = 129;
/** The range of the printable ASCII characters. JSON text consists mostly of these characters. */
const FIRST_PRINTABLE = 32;
const LAST_PRINTABLE = 126;

/** A Huffman code for writing literals. */
export class HuffmanCode {
  readonly #lengths: Uint8Array;
  readonly #codes = new Uint16Array(MAX_SYMBOLS);
  readonly #bits: number;

  private constructor(lengths: Uint8Array) {
    this.#lengths = lengths;
    const bits = Math.max(...lengths);
    this.#bits = bits;
    // Codes are assigned from 0 upwards, the longest codes first. Codes of the same length are ordered by symbol.
    let cell = 0;
    for (let length = bits; length > 0; length--) {
      for (let symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] !== length) continue;
        this.#codes[symbol] = cell >> (bits - length);
        cell += 1 << (bits - length);
      }
    }
  }

  /**
   * Builds a code for literals with the given frequencies, or returns `undefined` if a literal is `MAX_SYMBOLS` or greater. The code
   * includes every printable character, so that later blocks with other text can use this code.
   */
  static of(counts: Uint32Array): HuffmanCode | undefined {
    if (counts.subarray(MAX_SYMBOLS).some((count) => count > 0)) return undefined;
    const parts = Array.from(counts.subarray(0, MAX_SYMBOLS), (count, symbol) => {
      return count * 8 + Number(symbol >= FIRST_PRINTABLE && symbol <= LAST_PRINTABLE);
    });
    for (;;) {
      const lengths = codeLengths(parts);
      if (Math.max(...lengths) <= MAX_CODE_BITS) return new HuffmanCode(lengths);
      // A code is too long. Halving the frequencies (rounded up) makes them more similar, so the longest codes become shorter.
      for (let symbol = 0; symbol < parts.length; symbol++) parts[symbol] = Math.ceil((parts[symbol] as number) / 2);
    }
  }

  /** Returns the number of bits that the literals take. Returns infinity if one of them has no code. */
  cost(counts: Uint32Array): number {
    let bits = 0;
    for (let symbol = 0; symbol < counts.length; symbol++) {
      const count = counts[symbol] as number;
      const length = this.#lengths[symbol] ?? 0;
      if (count > 0) bits += length === 0 ? Number.POSITIVE_INFINITY : count * length;
    }
    return bits;
  }

  /** The number of bytes that `describe` writes. */
  get size(): number {
    return 1 + ((this.#last + 1) >> 1);
  }

  describe(out: BitWriter): void {
    const last = this.#last;
    const weight = (symbol: number): number => {
      const length = symbol < last ? (this.#lengths[symbol] as number) : 0;
      return length === 0 ? 0 : this.#bits + 1 - length;
    };
    out.number(127 + last, 1);
    for (let symbol = 0; symbol < last; symbol += 2) out.number((weight(symbol) << 4) | weight(symbol + 1), 1);
  }

  /** Writes one stream of literals, which the decoder reads backwards. */
  encode(literals: Uint8Array, start: number, end: number, out: BitWriter): void {
    const lengths = this.#lengths;
    const codes = this.#codes;
    for (let at = end - 1; at >= start; at--) {
      const symbol = literals[at] as number;
      out.bits(codes[symbol] as number, lengths[symbol] as number);
    }
    out.endBits();
  }

  get #last(): number {
    return this.#lengths.findLastIndex((length) => length > 0);
  }
}

interface Tree {
  part: number;
  symbols: readonly number[];
}

/**
 * Computes the code lengths with Huffman's algorithm: it repeatedly merges the two rarest nodes. Each merge adds one bit to the
 * code of each symbol in the two nodes.
 */
function codeLengths(parts: readonly number[]): Uint8Array {
  const lengths = new Uint8Array(parts.length);
  const leaves: Tree[] = parts.flatMap((part, symbol) => (part > 0 ? [{ part, symbols: [symbol] }] : []));
  leaves.sort((a, b) => a.part - b.part);
  // Merged nodes are created in order of frequency, so they need no sorting.
  const made: Tree[] = [];
  const takeRarest = (): Tree | undefined =>
    ((made[0]?.part ?? Infinity) < (leaves[0]?.part ?? Infinity) ? made : leaves).shift();
  for (let joins = leaves.length - 1; joins > 0; joins--) {
    const rarest = takeRarest();
    const other = takeRarest();
    if (rarest === undefined || other === undefined) break;
    const symbols = [...rarest.symbols, ...other.symbols];
    for (const symbol of symbols) lengths[symbol] = (lengths[symbol] as number) + 1;
    made.push({ part: rarest.part + other.part, symbols });
  }
  return lengths;
}

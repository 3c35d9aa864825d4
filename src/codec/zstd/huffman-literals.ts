import type { BitWriter } from "./bit-writer.js";
import { type LiteralsWriter, uncompressedLiterals } from "./block-encoder.js";
import { COMPRESSED, TREELESS } from "./format.js";
import { HuffmanCode } from "./huffman-code.js";
import type { Parsed } from "./match-finder.js";

/** The estimated number of bits that describe a Huffman code for JSON text: 4 bits for each of 128 characters. */
const DESCRIPTION_BITS = 4 * 128;
/** The minimum number of literals that are written as four streams. Fewer literals are written as one stream. */
const MIN_FOUR_STREAMS = 256;

const counts = new Uint32Array(256);

/** Writes literals with a Huffman code. The next block can use the same code. */
export class HuffmanLiterals implements LiteralsWriter {
  #code: HuffmanCode | undefined;
  #previous: HuffmanCode | undefined;

  /** Writes a literals section (RFC 8878, 3.1.1.3.1): with the current code, with a new code, or uncompressed. */
  write(parsed: Parsed, out: BitWriter): void {
    const { literals, literalCount } = parsed;
    counts.fill(0);
    for (let at = 0; at < literalCount; at++) {
      const literal = literals[at] as number;
      counts[literal] = (counts[literal] as number) + 1;
    }
    const start = out.end;
    const previous = this.#code;
    this.#previous = previous;
    const code = this.#chooseCode(literalCount);
    if (code !== undefined) {
      const format = literalCount < MIN_FOUR_STREAMS ? 0 : literalCount < 1024 ? 1 : literalCount < 16384 ? 2 : 3;
      const header = format < 2 ? 3 : format + 2;
      out.end += header;
      if (code !== previous) code.describe(out);
      if (format === 0) code.encode(literals, 0, literalCount, out);
      else encodeFour(code, literals, literalCount, out);
      const compressed = out.end - start - header;
      if (compressed < literalCount) {
        // The header has 4 bits for the type and the format. Two sizes follow, each with 10, 14 or 18 bits.
        const width = format < 2 ? 10 : format * 4 + 6;
        const sizes = literalCount + compressed * 2 ** width;
        const kind = code === previous ? TREELESS : COMPRESSED;
        out.end = start;
        out.number(kind | (format << 2) | ((sizes % 2 ** 28) << 4), Math.min(header, 4));
        if (header === 5) out.number(Math.floor(sizes / 2 ** 28), 1);
        out.end += compressed;
        this.#code = code;
        return;
      }
      out.end = start;
    }
    uncompressedLiterals.write(parsed, out);
  }

  undo(): void {
    this.#code = this.#previous;
  }

  /**
   * Returns the previous code or a new code, whichever encodes the literals in fewer bits. Returns `undefined` if uncompressed
   * literals are shorter.
   */
  #chooseCode(literalCount: number): HuffmanCode | undefined {
    const plain = literalCount * 8;
    const previous = this.#code?.cost(counts) ?? Number.POSITIVE_INFINITY;
    const best = Math.min(plain, previous);
    // Building a code takes time. A new code is built only if the entropy shows that a new code could save bits.
    if (entropyOf(counts, literalCount) + DESCRIPTION_BITS < best) {
      const made = HuffmanCode.of(counts);
      if (made !== undefined && made.cost(counts) + made.size * 8 < best) return made;
    }
    return previous < plain ? this.#code : undefined;
  }
}

/** Returns the minimum number of bits that any code needs for the literals (Shannon entropy). */
function entropyOf(counts: Uint32Array, total: number): number {
  let bits = 0;
  for (const count of counts) if (count > 0) bits += count * Math.log2(total / count);
  return bits;
}

/** Writes the sizes of the first three streams, and then all four streams. The first three have the same number of literals. */
function encodeFour(code: HuffmanCode, literals: Uint8Array, count: number, out: BitWriter): void {
  const part = (count + 3) >> 2;
  const sizes = out.end;
  out.end += 6;
  for (let i = 0; i < 4; i++) {
    const start = out.end;
    code.encode(literals, part * i, Math.min(count, part * (i + 1)), out);
    if (i === 3) return;
    const next = out.end;
    out.end = sizes + i * 2;
    out.number(next - start, 2);
    out.end = next;
  }
}

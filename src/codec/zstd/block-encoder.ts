import type { BitWriter } from "./bit-writer.js";
import { COMPRESSED, RAW, RUN, TREELESS } from "./format.js";
import { FseCode } from "./fse-code.js";
import { HuffmanCode } from "./huffman-code.js";
import type { MatchFinder, Parsed } from "./match-finder.js";
import {
  LITERAL_LENGTH_BASES,
  LITERAL_LENGTH_BITS,
  LITERAL_LENGTHS,
  literalLengthCodeOf,
  MATCH_LENGTH_BASES,
  MATCH_LENGTH_BITS,
  MATCH_LENGTHS,
  matchLengthCodeOf,
  OFFSETS,
} from "./sequence-codes.js";

/** Bits of the description of a new code for JSON: weights up to that of `}`, four bits each. */
const DESCRIPTION_BITS = 8 * 64;
/** Fewer literals are one stream, more are four. */
const MIN_FOUR_STREAMS = 256;
/** Room for the headers of a block, and for a code that is longer than the literals. */
const HEADERS = 1024;

const literalLengthCode = new FseCode(LITERAL_LENGTHS);
const matchLengthCode = new FseCode(MATCH_LENGTHS);
const offsetCode = new FseCode(OFFSETS);
const counts = new Uint32Array(256);

/** Writes the blocks of a frame. The Huffman code is kept from block to block. */
export class BlockEncoder {
  #code: HuffmanCode | undefined;
  readonly #finder: MatchFinder;

  constructor(finder: MatchFinder) {
    this.#finder = finder;
  }

  /** Writes the bytes of the finder from `start` to before `end` as one block, in its shortest form. */
  write(start: number, end: number, last: boolean, out: BitWriter): void {
    const size = end - start;
    const { bytes, recent } = this.#finder;
    const code = this.#code;
    out.reserve(size * 2 + HEADERS);
    const header = out.end;
    const writeHeader = (kind: number, length: number): void => {
      out.end = header;
      out.number(Number(last) | (kind << 1) | (length << 3), 3);
    };
    if (size > 1 && isRun(bytes, start, end)) {
      writeHeader(RUN, size);
      out.number(bytes[start] as number, 1);
      return;
    }
    out.end += 3;
    const parsed = this.#finder.parse(start, end);
    this.#writeLiterals(parsed, out);
    writeSequences(parsed, out);
    const compressed = out.end - header - 3;
    if (compressed < size) {
      writeHeader(COMPRESSED, compressed);
      out.end += compressed;
    } else {
      // The decoder does not see the failed attempt.
      this.#code = code;
      this.#finder.recent = recent;
      writeHeader(RAW, size);
      out.copy(bytes.subarray(start, end));
    }
  }

  /** Writes a literals section (RFC 8878, 3.1.1.3.1): with the current code, with a new one, or uncompressed. */
  #writeLiterals({ literals, literalCount }: Parsed, out: BitWriter): void {
    counts.fill(0);
    for (let at = 0; at < literalCount; at++) {
      const literal = literals[at] as number;
      counts[literal] = (counts[literal] as number) + 1;
    }
    const start = out.end;
    const previous = this.#code;
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
        // 4 bits, then both sizes: 10, 14 or 18 bits each.
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
    const format = literalCount < 32 ? 0 : literalCount < 4096 ? 1 : 3;
    if (format === 0) out.number(literalCount << 3, 1);
    else out.number((format << 2) | (literalCount << 4), format === 1 ? 2 : 3);
    out.copy(literals.subarray(0, literalCount));
  }

  /** The shortest code for the counted literals, or undefined to write them uncompressed. */
  #chooseCode(literalCount: number): HuffmanCode | undefined {
    const plain = literalCount * 8;
    const previous = this.#code?.cost(counts) ?? Number.POSITIVE_INFINITY;
    const best = Math.min(plain, previous);
    // A code is built only if an ideal code would be worth its description, because building takes time.
    if (entropyOf(counts, literalCount) + DESCRIPTION_BITS < best) {
      const made = HuffmanCode.of(counts);
      if (made !== undefined && made.cost(counts) + made.size * 8 < best) return made;
    }
    return previous < plain ? this.#code : undefined;
  }
}

function isRun(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at++) if (bytes[at] !== bytes[start]) return false;
  return true;
}

/** The least number of bits for the literals (Shannon). */
function entropyOf(counts: Uint32Array, total: number): number {
  let bits = 0;
  for (const count of counts) if (count > 0) bits += count * Math.log2(total / count);
  return bits;
}

/** Writes four streams after the sizes of the first three. The first three have the same number of literals. */
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

/** Writes a sequences section (RFC 8878, 3.1.1.3.2) with the predefined tables. */
function writeSequences({ count, lengths, matches, offsets }: Parsed, out: BitWriter): void {
  if (count < 128) out.number(count, 1);
  // A third byte is needed from 32,512 sequences on. A block has fewer, because each sequence has at least five bytes.
  else out.number((count >> 8) | 128 | ((count & 255) << 8), 2);
  if (count === 0) return;
  out.number(0, 1);
  for (let i = count - 1; i >= 0; i--) {
    const length = lengths[i] as number;
    const match = matches[i] as number;
    const offset = offsets[i] as number;
    const lengthCode = literalLengthCodeOf(length);
    const matchCode = matchLengthCodeOf(match);
    const offsetBits = 31 - Math.clz32(offset);
    if (i === count - 1) {
      literalLengthCode.begin(lengthCode);
      matchLengthCode.begin(matchCode);
      offsetCode.begin(offsetBits);
    } else {
      offsetCode.write(offsetBits, out);
      matchLengthCode.write(matchCode, out);
      literalLengthCode.write(lengthCode, out);
    }
    out.bits(length - (LITERAL_LENGTH_BASES[lengthCode] as number), LITERAL_LENGTH_BITS[lengthCode] as number);
    out.bits(match - (MATCH_LENGTH_BASES[matchCode] as number), MATCH_LENGTH_BITS[matchCode] as number);
    out.bits(offset - (1 << offsetBits), offsetBits);
  }
  matchLengthCode.end(out);
  offsetCode.end(out);
  literalLengthCode.end(out);
  out.endBits();
}

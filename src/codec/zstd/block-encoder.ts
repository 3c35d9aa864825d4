import type { BitWriter } from "./bit-writer.js";
import { COMPRESSED, RAW } from "./format.js";
import { FseCode } from "./fse-code.js";
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

/** Output space, in bytes, for the headers of a block and for literals that compression makes longer. */
const HEADERS = 1024;

const literalLengthCode = new FseCode(LITERAL_LENGTHS);
const matchLengthCode = new FseCode(MATCH_LENGTHS);
const offsetCode = new FseCode(OFFSETS);

/** Writes the literals of blocks. A writer may reuse the Huffman code of the previous block. */
export interface LiteralsWriter {
  write(parsed: Parsed, out: BitWriter): void;
  /** Restores the state from before the last `write`. Called if the compressed block is too large, and is therefore not used. */
  undo(): void;
}

/** Writes literals without compression. */
export const uncompressedLiterals: LiteralsWriter = {
  write: ({ literals, literalCount }, out) => {
    const format = literalCount < 32 ? 0 : literalCount < 4096 ? 1 : 3;
    if (format === 0) out.number(literalCount << 3, 1);
    else out.number((format << 2) | (literalCount << 4), format === 1 ? 2 : 3);
    out.copy(literals.subarray(0, literalCount));
  },
  undo: () => {},
};

/** Writes the blocks of a frame. */
export class BlockEncoder {
  readonly #finder: MatchFinder;
  readonly #literals: LiteralsWriter;

  constructor(finder: MatchFinder, literals = uncompressedLiterals) {
    this.#finder = finder;
    this.#literals = literals;
  }

  /** Writes the bytes from `start` up to, but not including, `end` as one block. Compresses them only if this saves bytes. */
  write(start: number, end: number, last: boolean, out: BitWriter): void {
    const size = end - start;
    const { bytes, recent } = this.#finder;
    out.reserve(size * 2 + HEADERS);
    const header = out.end;
    const writeHeader = (kind: number, length: number): void => {
      out.end = header;
      out.number(Number(last) | (kind << 1) | (length << 3), 3);
    };
    out.end += 3;
    const parsed = this.#finder.parse(start, end);
    this.#literals.write(parsed, out);
    writeSequences(parsed, out);
    const compressed = out.end - header - 3;
    if (compressed < size) {
      writeHeader(COMPRESSED, compressed);
      out.end += compressed;
    } else {
      this.#literals.undo();
      this.#finder.recent = recent;
      writeHeader(RAW, size);
      out.copy(bytes.subarray(start, end));
    }
  }
}

/** Writes a sequences section (RFC 8878, 3.1.1.3.2) with the predefined tables. */
function writeSequences({ count, lengths, matches, offsets }: Parsed, out: BitWriter): void {
  if (count < 128) out.number(count, 1);
  // Two bytes are enough for fewer than 32,512 sequences. A block of 131,072 bytes has at most 26,214 sequences, because each
  // sequence covers at least five bytes.
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

import type { Distribution } from "./fse-table.js";

// The codes of sequences (RFC 8878, 3.1.1.3.2.1), and their predefined tables (RFC 8878, 3.1.1.3.2.2).

/** The number of additional bits after each code of a literal length. */
export const LITERAL_LENGTH_BITS = Uint8Array.of(
  ...new Array<number>(16).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
export const MATCH_LENGTH_BITS = Uint8Array.of(
  ...new Array<number>(32).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
/**
 * The smallest value of each code. The values of a code end directly before the smallest value of the next code. Literal lengths
 * start at 0, match lengths at 3.
 */
export const LITERAL_LENGTH_BASES = basesOf(LITERAL_LENGTH_BITS, 0);
export const MATCH_LENGTH_BASES = basesOf(MATCH_LENGTH_BITS, 3);

export const LITERAL_LENGTHS: Distribution = {
  log: 6,
  counts: [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
};
export const MATCH_LENGTHS: Distribution = {
  log: 6,
  counts: [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
  ],
};
export const OFFSETS: Distribution = {
  log: 5,
  counts: [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
};

const LITERAL_LENGTH_CODES = codesOf(LITERAL_LENGTH_BASES, 64);
const MATCH_LENGTH_CODES = codesOf(MATCH_LENGTH_BASES, 131);

/**
 * Returns the code of a literal length. Lengths above 63 are not in the table. They have one code for 64 to 127, one for 128
 * to 255, and so on.
 */
export function literalLengthCodeOf(length: number): number {
  return LITERAL_LENGTH_CODES[length] ?? 50 - Math.clz32(length);
}

/** Returns the code of a match length. The minimum length is 3. */
export function matchLengthCodeOf(length: number): number {
  return MATCH_LENGTH_CODES[length] ?? 67 - Math.clz32(length - 3);
}

function basesOf(bits: Uint8Array, first: number): Uint32Array {
  let base = first;
  return Uint32Array.from(bits, (count) => {
    const own = base;
    base += 1 << count;
    return own;
  });
}

/** Returns a table with the code of each value below `size`. */
function codesOf(bases: Uint32Array, size: number): Uint8Array {
  let code = 0;
  return Uint8Array.from({ length: size }, (_, value) => {
    while ((bases[code + 1] as number) <= value) code++;
    return code;
  });
}

/** The alphabet of Bitcoin and Solana: without 0, O, I and l. */
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Twice the length of a signature. Conversion takes quadratic time. */
const MAX_CHARACTERS = 175;

/** Encodes bytes as base58. */
export function encodeBase58(bytes: Uint8Array): string {
  return convert(bytes, 256, 58)
    .map((digit) => ALPHABET[digit])
    .join("");
}

/**
 * Decodes a base58 text.
 *
 * @param maxCharacters longer texts are refused
 * @returns `undefined` if it is not base58, or too long
 */
export function decodeBase58(text: string, maxCharacters = MAX_CHARACTERS): Uint8Array | undefined {
  if (text.length > maxCharacters) return undefined;
  const digits = Array.from(text, (character) => ALPHABET.indexOf(character));
  return digits.includes(-1) ? undefined : Uint8Array.from(convert(digits, 58, 256));
}

/** Converts digits to another base, highest first. Leading zeros are kept one by one. */
function convert(digits: Iterable<number> & ArrayLike<number>, from: number, to: number): number[] {
  const converted: number[] = [];
  for (const digit of digits) {
    let carry = digit;
    for (let i = 0; i < converted.length || carry > 0; i++) {
      carry += (converted[i] ?? 0) * from;
      converted[i] = carry % to;
      carry = (carry / to) | 0;
    }
  }
  for (let i = 0; digits[i] === 0; i++) converted.push(0);
  return converted.reverse();
}

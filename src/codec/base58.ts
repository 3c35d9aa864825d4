/** The alphabet of Bitcoin and Solana: without 0, O, I and l. */
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** The default maximum length: twice that of a signature. Longer texts are refused, because decoding takes quadratic time. */
const MAX_CHARACTERS = 175;

const ZERO = ALPHABET.charCodeAt(0);
/** A limb is a group of five base58 digits. Its value times 256 is exact in a double. */
const LIMB = 58 ** 5;

/** Encodes bytes as base58. The time is quadratic, a few microseconds for a signature. */
export function encodeBase58(bytes: Uint8Array): string {
  // The lowest limb is first.
  const limbs: number[] = [];
  for (const byte of bytes) {
    let carry = byte;
    for (let i = 0; i < limbs.length; i++) {
      const value = (limbs[i] as number) * 256 + carry;
      carry = Math.floor(value / LIMB);
      limbs[i] = value - carry * LIMB;
    }
    if (carry > 0) limbs.push(carry);
  }
  const codes: number[] = [];
  for (let rest of limbs) {
    for (let digit = 0; digit < 5; digit++) {
      codes.push(ALPHABET.charCodeAt(rest % 58));
      rest = (rest / 58) | 0;
    }
  }
  // Drops the leading zero digits of the highest limb. Then adds one zero digit for each leading zero byte.
  while (codes.at(-1) === ZERO) codes.pop();
  for (let i = 0; bytes[i] === 0; i++) codes.push(ZERO);
  return String.fromCharCode(...codes.reverse());
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
  if (digits.includes(-1)) return undefined;
  // The lowest byte is first.
  const bytes: number[] = [];
  for (const digit of digits) {
    let carry = digit;
    for (let i = 0; i < bytes.length || carry > 0; i++) {
      carry += (bytes[i] ?? 0) * 58;
      bytes[i] = carry % 256;
      carry >>= 8;
    }
  }
  // Each zero digit at the start becomes a zero byte.
  for (let i = 0; digits[i] === 0; i++) bytes.push(0);
  return Uint8Array.from(bytes.reverse());
}

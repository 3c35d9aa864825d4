/** The base58 alphabet of Bitcoin and Solana, which leaves out 0, O, I and l. */
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** The default limit is twice the length of a signature, because the conversion takes quadratic time. */
const MAX_CHARACTERS = 175;

const ZERO = ALPHABET.charCodeAt(0);
/** A limb has five base58 digits. This is the highest number of digits for which a limb times 2^16 is still exact. */
const LIMB = 58 ** 5;

/**
 * Encodes bytes as base58. It is optimized, because the local simulator encodes a signature for each transaction. One signature
 * takes a microsecond.
 */
export function encodeBase58(bytes: Uint8Array): string {
  // The lowest limb is first.
  const limbs: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    // Converts two bytes at a time. If the number of bytes is odd, the first byte is converted alone.
    const isSingle = at === 0 && bytes.length % 2 === 1;
    const scale = isSingle ? 256 : 65_536;
    let carry = bytes[at++] as number;
    if (!isSingle) carry = carry * 256 + (bytes[at++] as number);
    for (let i = 0; i < limbs.length; i++) {
      const value = (limbs[i] as number) * scale + carry;
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
  // The highest limb may have fewer digits, so its zero digits are removed. Each leading zero byte becomes one zero digit.
  while (codes.at(-1) === ZERO) codes.pop();
  for (let i = 0; bytes[i] === 0; i++) codes.push(ZERO);
  return String.fromCharCode(...codes.reverse());
}

/**
 * Decodes a text in base58.
 *
 * @param maxCharacters the maximum length of the text
 * @returns `undefined` if the text is not base58, or is too long
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
  // Each leading zero digit becomes a zero byte.
  for (let i = 0; digits[i] === 0; i++) bytes.push(0);
  return Uint8Array.from(bytes.reverse());
}

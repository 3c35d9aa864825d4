/** Bitcoin's alphabet, which Solana uses for addresses and signatures: no 0, O, I, l. */
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Conversion takes quadratic time; 175 characters are twice a signature. */
const MAX_CHARACTERS = 175;

/** Bytes as base58. */
export function encodeBase58(bytes: Uint8Array): string {
  return convert(bytes, 256, 58)
    .map((digit) => ALPHABET[digit])
    .join("");
}

/** The bytes of a base58 text; `undefined` if it isn't one, or longer than 175 characters. */
export function decodeBase58(text: string): Uint8Array | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const digits = Array.from(text, (character) => ALPHABET.indexOf(character));
  return digits.includes(-1) ? undefined : Uint8Array.from(convert(digits, 58, 256));
}

/** A number's digits in another base, the highest first. Each zero that it begins with is written for itself. */
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

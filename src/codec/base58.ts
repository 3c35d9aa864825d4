/** Bitcoin's alphabet, which Solana uses for addresses and signatures: no 0, O, I, l. */
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Five digits of base 58 and two bytes at a time: their product still fits a double exactly. */
const DIGITS = 5;
const BASE = 58 ** DIGITS;
const WORD = 2 ** 16;

/** Conversion takes quadratic time; 175 characters are twice a signature. */
const MAX_CHARACTERS = 175;

/** Bytes as base58. */
export function encodeBase58(bytes: Uint8Array): string {
  const limbs: number[] = [];
  for (let i = bytes.length % 2; i <= bytes.length; i += 2) {
    if (i > 0) multiplyAdd(limbs, WORD, ((bytes[i - 2] ?? 0) << 8) | (bytes[i - 1] ?? 0), BASE);
  }
  const digits = limbs.reverse().map(toDigits).join("").replace(/^1+/, "");
  return "1".repeat(leadingZeros(bytes)) + digits;
}

/** The bytes of a base58 text; `undefined` if it isn't one, or longer than 175 characters. */
export function decodeBase58(text: string): Uint8Array | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const values = Array.from(text, (character) => ALPHABET.indexOf(character));
  if (values.includes(-1)) return undefined;
  const words: number[] = [];
  for (let end = values.length % DIGITS; end <= values.length; end += DIGITS) {
    const part = values.slice(Math.max(0, end - DIGITS), end);
    multiplyAdd(
      words,
      BASE,
      part.reduce((sum, value) => sum * 58 + value, 0),
      WORD,
    );
  }
  const bytes = words.reverse().flatMap((word) => [word >> 8, word & 0xff]);
  return Uint8Array.from([...new Array<number>(leadingZeros(values)).fill(0), ...bytes.slice(leadingZeros(bytes))]);
}

/** `limbs * factor + summand`, in place; the limbs are those of a number in base `base`, the lowest first. */
function multiplyAdd(limbs: number[], factor: number, summand: number, base: number): void {
  let carry = summand;
  for (let i = 0; i < limbs.length || carry > 0; i++) {
    carry += (limbs[i] ?? 0) * factor;
    limbs[i] = carry % base;
    carry = Math.floor(carry / base);
  }
}

function toDigits(limb: number): string {
  let digits = "";
  for (let left = limb; digits.length < DIGITS; left = Math.floor(left / 58)) digits = (ALPHABET[left % 58] ?? "") + digits;
  return digits;
}

/** How many zeros a number begins with: each is written for itself. */
function leadingZeros(values: ArrayLike<number>): number {
  let count = 0;
  while (values[count] === 0) count++;
  return count;
}

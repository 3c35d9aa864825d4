// @ts-check

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE58 = /^[1-9A-HJ-NP-Za-km-z]+$/;
const BITS_PER_BYTE = 8n;

/** Encodes bytes in base58, the encoding of addresses. @param {Uint8Array} bytes */
export function toBase58(bytes) {
  let value = 0n;
  for (const byte of bytes) value = (value << BITS_PER_BYTE) | BigInt(byte);
  let text = "";
  for (; value > 0n; value /= 58n) text = ALPHABET[Number(value % 58n)] + text;
  for (const byte of bytes) {
    if (byte !== 0) break;
    text = `1${text}`;
  }
  return text;
}

/** Whether a text encodes 32 bytes in base58. @param {string} text */
export function isAddress(text) {
  if (!BASE58.test(text) || text.length < 32 || text.length > 44) return false;
  let value = 0n;
  for (const character of text) value = value * 58n + BigInt(ALPHABET.indexOf(character));
  const zeros = /^1*/.exec(text)?.[0].length ?? 0;
  return zeros + Math.ceil(value.toString(16).length / 2) === (value === 0n ? 33 : 32);
}

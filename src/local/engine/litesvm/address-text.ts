import { decodeBase58, encodeBase58 } from "../../../codec/base58.js";

const MAX_KNOWN = 200_000;
/** Known addresses, grouped by their first six bytes. */
const texts = new Map<number, { bytes: Uint8Array; text: string }[]>();
const bytesOf = new Map<string, Uint8Array>();

/** Converts an address to base58. The result is cached, because a ledger uses the same few thousand addresses. */
export function addressText(bytes: Uint8Array): string {
  // The key consists of the first six bytes, because a number represents 48 bits exactly.
  const low = (bytes[0] as number) | ((bytes[1] as number) << 8) | ((bytes[2] as number) << 16);
  const key = low + ((bytes[3] as number) | ((bytes[4] as number) << 8) | ((bytes[5] as number) << 16)) * 2 ** 24;
  let alike = texts.get(key);
  if (alike !== undefined) {
    for (const known of alike) if (isEqual(known.bytes, bytes)) return known.text;
  }
  if (texts.size >= MAX_KNOWN) texts.clear();
  alike ??= [];
  const text = encodeBase58(bytes);
  const own = bytes.slice();
  alike.push({ bytes: own, text });
  texts.set(key, alike);
  // Caches the opposite conversion, because the VM soon converts the text back to bytes.
  remember(text, own);
  return text;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Converts an address from base58 to bytes. @throws RangeError if the text is not an address */
export function addressBytes(text: string): Uint8Array {
  const known = bytesOf.get(text);
  if (known !== undefined) return known;
  const bytes = decodeBase58(text);
  if (bytes?.length !== 32) throw new RangeError(`not an address: ${text.slice(0, 80)}`);
  remember(text, bytes);
  return bytes;
}

function remember(text: string, bytes: Uint8Array): void {
  if (bytesOf.size >= MAX_KNOWN) bytesOf.clear();
  bytesOf.set(text, bytes);
}

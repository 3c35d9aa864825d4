import { decodeBase58, encodeBase58 } from "../../codec/base58.js";

const MAX_KNOWN = 200_000;
const texts = new Map<string, string>();
const bytesOf = new Map<string, Uint8Array>();

/** Base58 of an address. A ledger names the same few thousand all the time, and base58 takes longer than a lookup. */
export function addressText(bytes: Uint8Array): string {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const known = texts.get(key);
  if (known !== undefined) return known;
  if (texts.size >= MAX_KNOWN) texts.clear();
  const text = encodeBase58(bytes);
  texts.set(key, text);
  return text;
}

/** The bytes of an address in base58. @throws RangeError if it isn't one */
export function addressBytes(text: string): Uint8Array {
  const known = bytesOf.get(text);
  if (known !== undefined) return known;
  const bytes = decodeBase58(text);
  if (bytes?.length !== 32) throw new RangeError(`not an address: ${text.slice(0, 80)}`);
  if (bytesOf.size >= MAX_KNOWN) bytesOf.clear();
  bytesOf.set(text, bytes);
  return bytes;
}

import { decodeBase64 } from "../codec/base64.js";

/** Bytes of an ed25519 signature. */
export const SIGNATURE_BYTES = 64;

/** The high bit of a message's first byte marks a versioned message; the other bits are its version. */
const VERSIONED = 0x80;

/**
 * The version of a transaction's message, from its first byte. A legacy message starts with its number of signatures, which
 * has no high bit.
 */
export function messageVersion(firstByte: number): number | "legacy" {
  return (firstByte & VERSIONED) === 0 ? "legacy" : firstByte & ~VERSIONED;
}

/** Where a transaction's first signature is, as positions in its base64 text. */
interface SignaturePlace {
  /** Start of the group of four characters that holds the signature's first byte. */
  readonly start: number;
  /** Bytes between that group's start and the signature. */
  readonly skip: number;
}

/**
 * Finds the first signature in the base64 of a transaction. Legacy and version 0: a count of signatures, then the signatures,
 * then the message. Version 1 (SIMD-0385): the message, whose second byte is the number of signatures, then the signatures.
 *
 * @returns `undefined` for another version, or for text that is too short
 */
function findSignature(base64: string): SignaturePlace | undefined {
  // Only the first two bytes are decoded here: most callers need no more than a slice of the text.
  const [first, second] = decodeBase64(base64.slice(0, 4));
  if (first === undefined || second === undefined) return undefined;
  if (messageVersion(first) === "legacy") {
    // The count is one byte for up to 127 signatures.
    return first > 0 && base64.length >= 88 ? { start: 0, skip: 1 } : undefined;
  }
  if (messageVersion(first) !== 1) return undefined;
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  const at = (base64.length / 4) * 3 - padding - second * SIGNATURE_BYTES;
  if (second === 0 || at < 2) return undefined;
  return { start: Math.floor(at / 3) * 4, skip: at % 3 };
}

/** A group of 4 characters is 3 bytes: 88 characters hold a signature, wherever it starts within its first group. */
const SIGNATURE_CHARACTERS = 88;

/** The part of a transaction's base64 that holds its first signature, or all of it where there is none. Never throws. */
export function signatureText(base64: string): string {
  try {
    const place = findSignature(base64);
    if (place === undefined) return base64;
    // The last bits of the legacy form belong to what follows the signature.
    const length = place.start === 0 && place.skip === 1 ? SIGNATURE_CHARACTERS - 2 : SIGNATURE_CHARACTERS;
    return base64.slice(place.start, place.start + length);
  } catch {
    return base64;
  }
}

/** The bytes of a transaction's first signature, or `undefined` if its base64 or its version is unreadable. Never throws. */
export function firstSignature(base64: string): Uint8Array | undefined {
  try {
    const place = findSignature(base64);
    if (place === undefined) return undefined;
    const bytes = decodeBase64(base64.slice(place.start, place.start + SIGNATURE_CHARACTERS));
    const signature = bytes.subarray(place.skip, place.skip + SIGNATURE_BYTES);
    return signature.length === SIGNATURE_BYTES ? signature : undefined;
  } catch {
    return undefined;
  }
}

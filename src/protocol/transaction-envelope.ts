import { decodeBase64 } from "../codec/base64.js";

/*
 * The only reader of a transaction's envelope. Legacy and version 0: a count of signatures, the signatures, the message.
 * Version 1 (SIMD-0385): the message, whose second byte is the number of signatures, then the signatures.
 */

/** Bytes of an ed25519 signature. */
const SIGNATURE_BYTES = 64;

/** The high bit of a message's first byte marks a versioned message. The other bits are its version. */
const VERSIONED = 0x80;

/** The newest version of a transaction that this package can read. */
export const MAX_TRANSACTION_VERSION = 1;

/** The version of a transaction's message. */
export type TransactionVersion = "legacy" | number;

/** The parts of a transaction, as views of its bytes. */
export interface TransactionEnvelope {
  version: TransactionVersion;
  /** 64 bytes each. The first one identifies the transaction. */
  signatures: readonly Uint8Array[];
  /** The signed bytes. */
  message: Uint8Array;
}

/** The version of a message, from its first byte. A legacy message starts with its number of signatures, without the high bit. */
export function messageVersion(firstByte: number): TransactionVersion {
  return (firstByte & VERSIONED) === 0 ? "legacy" : firstByte & ~VERSIONED;
}

/** The first byte of a message of a version. */
export function versionByte(version: number): number {
  return VERSIONED | version;
}

/** Where the parts of a transaction are, in bytes. */
interface Layout {
  signatures: number;
  signaturesAt: number;
  messageAt: number;
  messageEnd: number;
}

/**
 * Lays out a transaction from its first two bytes and its length. A version other than 1 with its message first is unknown.
 *
 * @throws RangeError if the version is unknown, or the bytes are too short
 */
function layOut(first: number | undefined, second: number | undefined, length: number): Layout {
  if (first === undefined || second === undefined) throw new RangeError("ends too early");
  const outer = messageVersion(first);
  if (outer === 0) throw new RangeError("transaction version 0 is unknown with its message first");
  if (outer !== "legacy" && outer !== 1) throw unknownVersion(outer);
  // A legacy count is one byte: 128 signatures would need 8,192 bytes.
  const signatures = outer === 1 ? second : first;
  const bytes = signatures * SIGNATURE_BYTES;
  const layout =
    outer === 1
      ? { signatures, signaturesAt: length - bytes, messageAt: 0, messageEnd: length - bytes }
      : { signatures, signaturesAt: 1, messageAt: 1 + bytes, messageEnd: length };
  if (signatures === 0) throw new RangeError("a transaction has at least one signature");
  if (layout.messageEnd < layout.messageAt) throw new RangeError("ends too early");
  return layout;
}

/** The version of the message at its place. Version 1 and later are never behind their signatures. */
function checkedVersion(messageByte: number, messageAt: number): TransactionVersion {
  const version = messageVersion(messageByte);
  if (version === "legacy" || version === 0 || messageAt === 0) return version;
  throw version > MAX_TRANSACTION_VERSION
    ? unknownVersion(version)
    : new RangeError(`a version ${version} transaction has its message before its signatures`);
}

function unknownVersion(version: number): RangeError {
  return new RangeError(`transaction version ${version} is unknown: legacy, 0 and 1 can be read`);
}

/**
 * Reads the envelope of a transaction. The message itself is not checked.
 *
 * @throws RangeError if the version is unknown, or the bytes are too short
 */
export function readEnvelope(bytes: Uint8Array): TransactionEnvelope {
  const { signatures, signaturesAt, messageAt, messageEnd } = layOut(bytes[0], bytes[1], bytes.length);
  if (messageEnd === messageAt) throw new RangeError("ends too early");
  return {
    version: checkedVersion(bytes[messageAt] as number, messageAt),
    signatures: Array.from({ length: signatures }, (_, index) => {
      const at = signaturesAt + index * SIGNATURE_BYTES;
      return bytes.subarray(at, at + SIGNATURE_BYTES);
    }),
    message: bytes.subarray(messageAt, messageEnd),
  };
}

/**
 * Puts a message and its signatures into the envelope of the message's version.
 *
 * @throws RangeError if the version is unknown
 */
export function writeEnvelope(message: ArrayLike<number>, signatures: readonly ArrayLike<number>[]): Uint8Array {
  const version = messageVersion(message[0] ?? 0);
  if (version !== "legacy" && version > MAX_TRANSACTION_VERSION) throw unknownVersion(version);
  const isMessageFirst = version === 1;
  const signaturesAt = isMessageFirst ? message.length : 1;
  const signatureBytes = signatures.length * SIGNATURE_BYTES;
  const bytes = new Uint8Array(message.length + signatureBytes + (isMessageFirst ? 0 : 1));
  if (!isMessageFirst) bytes[0] = signatures.length;
  bytes.set(message, isMessageFirst ? 0 : 1 + signatureBytes);
  for (const [index, signature] of signatures.entries()) bytes.set(signature, signaturesAt + index * SIGNATURE_BYTES);
  return bytes;
}

/** A group of 4 characters is 3 bytes: 88 characters contain a signature, wherever it starts within its first group. */
const SIGNATURE_CHARACTERS = 88;

/** Where the first signature is in base64: the start of its group of four characters, and the bytes before it in that group. */
interface TextPlace {
  start: number;
  skip: number;
}

/** Finds the first signature in a transaction's base64. Decodes two groups only, because most callers need a slice of the text. */
function findSignature(base64: string): TextPlace {
  const [first, second] = decodeBase64(base64.slice(0, 4));
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  const { signaturesAt, messageAt, messageEnd } = layOut(first, second, Math.floor((base64.length * 3) / 4) - padding);
  if (messageAt > 0 && messageEnd > messageAt) checkedVersion(byteAt(base64, messageAt), messageAt);
  return placeOf(signaturesAt);
}

function placeOf(at: number): TextPlace {
  return { start: Math.floor(at / 3) * 4, skip: at % 3 };
}

function byteAt(base64: string, at: number): number {
  const { start, skip } = placeOf(at);
  return decodeBase64(base64.slice(start, start + 4))[skip] ?? 0;
}

/** The part of a transaction's base64 that contains its first signature, or all of it if it cannot be read. Never throws. */
export function signatureText(base64: string): string {
  try {
    const { start, skip } = findSignature(base64);
    // The last two characters of the legacy form have bits of what follows the signature.
    const isLegacy = start === 0 && skip === 1;
    return base64.slice(start, start + (isLegacy ? SIGNATURE_CHARACTERS - 2 : SIGNATURE_CHARACTERS));
  } catch {
    return base64;
  }
}

/** The bytes of a transaction's first signature, or `undefined` if its base64 or its version is unreadable. Never throws. */
export function firstSignature(base64: string): Uint8Array | undefined {
  try {
    const { start, skip } = findSignature(base64);
    return decodeBase64(base64.slice(start, start + SIGNATURE_CHARACTERS)).subarray(skip, skip + SIGNATURE_BYTES);
  } catch {
    return undefined;
  }
}

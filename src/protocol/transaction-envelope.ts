import { decodeBase64 } from "../codec/base64.js";

/**
 * The only reader of a transaction's envelope. In legacy and version 0 transactions, the number of signatures comes first, then the
 * signatures and the message. In version 1 (SIMD-0385), the message comes first. Its second byte is the number of signatures, which
 * follow the message.
 */

/** The size of an ed25519 signature, in bytes. */
const SIGNATURE_BYTES = 64;

/** The high bit of a message's first byte marks a versioned message. The other bits of this byte are the version. */
const VERSIONED = 0x80;

/** The newest transaction version that this package can read. */
export const MAX_TRANSACTION_VERSION = 1;

/** The version of a transaction's message. */
export type TransactionVersion = "legacy" | number;

/** The parts of a transaction. They are views of its bytes, not copies. */
export interface TransactionEnvelope {
  version: TransactionVersion;
  /** 64 bytes each. The first signature identifies the transaction. */
  signatures: readonly Uint8Array[];
  /** The signed bytes. */
  message: Uint8Array;
}

/**
 * Returns the version of a message from its first byte. A legacy message starts with its number of signatures, which does not have
 * the high bit.
 */
export function messageVersion(firstByte: number): TransactionVersion {
  return (firstByte & VERSIONED) === 0 ? "legacy" : firstByte & ~VERSIONED;
}

/** Returns the first byte of a message with the given version. */
export function versionByte(version: number): number {
  return VERSIONED | version;
}

/** The offsets of the parts of a transaction, in bytes. */
interface Layout {
  signatures: number;
  signaturesAt: number;
  messageAt: number;
  messageEnd: number;
}

/**
 * Computes the layout of a transaction from its first two bytes and its length. If the message comes first, only version 1 is
 * known.
 *
 * @throws RangeError if the version is unknown, or the bytes are too short
 */
function layOut(first: number | undefined, second: number | undefined, length: number): Layout {
  if (first === undefined || second === undefined) throw new RangeError("ends too early");
  const outer = messageVersion(first);
  if (outer === 0) throw new RangeError("transaction version 0 is unknown with its message first");
  if (outer !== "legacy" && outer !== 1) throw unknownVersion(outer);
  // In the legacy layout, the number of signatures always fits in one byte: 128 signatures would need 8,192 bytes.
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

/** Returns the version of a message. Throws if the message comes after the signatures, but its version is 1 or later. */
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

/**
 * The number of base64 characters that contain a signature. Each group of 4 characters encodes 3 bytes, so 88 characters are
 * enough, even if the signature starts in the middle of a group.
 */
const SIGNATURE_CHARACTERS = 88;

/**
 * The position of the first signature in base64: the start of its group of four characters, and the number of bytes before the
 * signature in that group.
 */
interface TextPlace {
  start: number;
  skip: number;
}

/**
 * Finds the first signature in a transaction's base64. Decodes only two groups of characters, because most callers need a slice of
 * the text.
 */
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

/**
 * Returns the part of a transaction's base64 that contains the first signature, or the complete text if it cannot be read. Never
 * throws.
 */
export function signatureText(base64: string): string {
  try {
    const { start, skip } = findSignature(base64);
    // In the legacy layout, the last two characters are left out, because they contain bits of the bytes after the signature.
    const isLegacy = start === 0 && skip === 1;
    return base64.slice(start, start + (isLegacy ? SIGNATURE_CHARACTERS - 2 : SIGNATURE_CHARACTERS));
  } catch {
    return base64;
  }
}

/**
 * Returns the bytes of a transaction's first signature. Returns `undefined` if the base64 is invalid or the version is unknown.
 * Never throws.
 */
export function firstSignature(base64: string): Uint8Array | undefined {
  try {
    const { start, skip } = findSignature(base64);
    return decodeBase64(base64.slice(start, start + SIGNATURE_CHARACTERS)).subarray(skip, skip + SIGNATURE_BYTES);
  } catch {
    return undefined;
  }
}

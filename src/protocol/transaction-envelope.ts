import { decodeBase64 } from "../codec/base64.js";

/*
 * Legacy and version 0 transactions consist of the number of signatures, the signatures and the message, in this order. Version 1
 * transactions (SIMD-0385) consist of the message and the signatures.
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

/**
 * Returns the offset of the signatures of a transaction, in bytes. Version 1 is the only supported version in which the message
 * comes first.
 *
 * @returns `undefined` if the version is unknown, or the bytes are too short
 */
function signaturesAt(byteAt: (index: number) => number, length: number): number | undefined {
  const first = byteAt(0);
  if (first === versionByte(1)) {
    const signatures = byteAt(1);
    const at = length - signatures * SIGNATURE_BYTES;
    return signatures > 0 && at > 1 ? at : undefined;
  }
  // In the legacy layout, the first byte is the number of signatures. A transaction has fewer than 128 signatures, so one byte is
  // always enough.
  const messageAt = 1 + first * SIGNATURE_BYTES;
  const isComplete = first > 0 && first < VERSIONED && messageAt <= length;
  return isComplete && byteAt(messageAt) <= VERSIONED ? 1 : undefined;
}

/** Describes why the envelope of a transaction cannot be read. */
function envelopeProblem(bytes: Uint8Array): string {
  const [first = 0, second = 0] = bytes;
  const outer = messageVersion(first);
  if (outer === 0) return "a version 0 transaction has its signatures before its message";
  const isLegacy = outer === "legacy";
  if (!isLegacy && outer > MAX_TRANSACTION_VERSION) return unknownVersion(outer);
  const signatures = isLegacy ? first : second;
  if (bytes.length > 1 && signatures === 0) return "a transaction has at least one signature";
  const inner = messageVersion(bytes[1 + signatures * SIGNATURE_BYTES] ?? 0);
  if (!isLegacy || inner === "legacy" || inner === 0) return "ends too early";
  return inner > MAX_TRANSACTION_VERSION
    ? unknownVersion(inner)
    : `a version ${inner} transaction has its message before its signatures`;
}

function unknownVersion(version: number): string {
  return `transaction version ${version} is unknown: legacy, 0 and 1 can be read`;
}

/**
 * Reads the envelope of a transaction. The message itself is not checked.
 *
 * @throws RangeError if the version is unknown, or the bytes are too short
 */
export function readEnvelope(bytes: Uint8Array): TransactionEnvelope {
  const start = signaturesAt((index) => bytes[index] ?? 0, bytes.length);
  const isMessageFirst = start !== 1;
  const count = bytes[isMessageFirst ? 1 : 0] as number;
  const end = (start ?? 0) + count * SIGNATURE_BYTES;
  const message = isMessageFirst ? bytes.subarray(0, start) : bytes.subarray(end);
  if (start === undefined || message.length === 0) throw new RangeError(envelopeProblem(bytes));
  return {
    version: messageVersion(message[0] as number),
    signatures: Array.from({ length: count }, (_, index) => {
      const at = start + index * SIGNATURE_BYTES;
      return bytes.subarray(at, at + SIGNATURE_BYTES);
    }),
    message,
  };
}

/**
 * Puts a message and its signatures into the envelope of the message's version.
 *
 * @throws RangeError if the version is unknown
 */
export function writeEnvelope(message: ArrayLike<number>, signatures: readonly ArrayLike<number>[]): Uint8Array {
  const version = messageVersion(message[0] ?? 0);
  if (version !== "legacy" && version > MAX_TRANSACTION_VERSION) throw new RangeError(unknownVersion(version));
  const isMessageFirst = version === 1;
  const start = isMessageFirst ? message.length : 1;
  const signatureBytes = signatures.length * SIGNATURE_BYTES;
  const bytes = new Uint8Array(message.length + signatureBytes + (isMessageFirst ? 0 : 1));
  if (!isMessageFirst) bytes[0] = signatures.length;
  bytes.set(message, isMessageFirst ? 0 : 1 + signatureBytes);
  for (const [index, signature] of signatures.entries()) bytes.set(signature, start + index * SIGNATURE_BYTES);
  return bytes;
}

/**
 * The number of base64 characters that contain a signature. Each group of 4 characters encodes 3 bytes, so 88 characters are
 * enough, even if the signature starts in the middle of a group.
 */
const SIGNATURE_CHARACTERS = 88;

/** Returns the offset of the first signature in a transaction, in bytes. Decodes only the few characters that it needs. */
function findSignature(base64: string): number | undefined {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  const byteAt = (index: number) => decodeBase64(base64.slice(groupOf(index), groupOf(index) + 4))[index % 3] ?? 0;
  return signaturesAt(byteAt, Math.floor((base64.length * 3) / 4) - padding);
}

/** Returns the start of the base64 group that encodes the byte `at`. A group has four characters and encodes three bytes. */
function groupOf(at: number): number {
  return Math.floor(at / 3) * 4;
}

/** The offsets of parts of a version 1 message, in bytes (SIMD-0385). */
const MASK_AT = 4;
/** The bits of the config mask that this package supports: the lowest five. Other bits are ignored, as in @solana/kit. */
const KNOWN_BITS = 31;
const COUNTS_AT = 40;
const KEYS_AT = 42;

/**
 * Computes the length of a version 1 message from the counts in its bytes. If bytes are missing, the result is `NaN` or greater
 * than `bytes.length`.
 */
function version1Length(bytes: Uint8Array): number {
  const at = (index: number) => bytes[index] as number;
  let length = KEYS_AT + at(COUNTS_AT + 1) * 32;
  for (let mask = at(MASK_AT) & KNOWN_BITS; mask > 0; mask >>= 1) length += (mask & 1) * 4;
  let head = length;
  length += at(COUNTS_AT) * 4;
  for (const end = length; head < end; head += 4) length += at(head + 1) + at(head + 2) + at(head + 3) * 256;
  return length;
}

/**
 * Returns the part of a transaction's base64 that contains the first signature. If the transaction cannot be read, returns the
 * complete text. Never throws.
 */
export function signatureText(base64: string): string {
  try {
    const at = findSignature(base64) ?? 0;
    // If `at` is 1, the result omits the last two characters, because they also encode the byte after the signature.
    if (at > 0) return base64.slice(groupOf(at), groupOf(at) + SIGNATURE_CHARACTERS - (at === 1 ? 2 : 0));
  } catch {}
  return base64;
}

/**
 * Returns the bytes of a transaction's first signature. Returns `undefined` if the base64 is invalid or the version is unknown.
 * Also returns `undefined` if the length of a version 1 transaction does not match its counts. Never throws.
 */
export function firstSignature(base64: string): Uint8Array | undefined {
  try {
    const bytes = decodeBase64(base64);
    const at = signaturesAt((index) => bytes[index] ?? 0, bytes.length);
    if (at === 1 || at === version1Length(bytes)) return bytes.subarray(at, at + SIGNATURE_BYTES);
  } catch {}
  return undefined;
}

// @ts-check
import { toBase58 } from "../base58-address.js";

/** @typedef {import("../../../dist/browser.js").ConfirmedTransaction} ConfirmedTransaction */

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** A versioned message has the highest bit of its first byte set. */
const VERSIONED = 0x80;

/**
 * Returns the accounts of a transaction in the order of its balances: static keys, then those loaded from lookup tables.
 * https://solana.com/docs/core/transactions#message
 *
 * @param {ConfirmedTransaction} transaction
 * @returns {string[]} empty if the transaction cannot be decoded
 */
export function accountKeys({ transaction, meta }) {
  if (!Array.isArray(transaction) || transaction[1] !== "base64") return [];
  try {
    const bytes = Uint8Array.from(atob(transaction[0]), (character) => character.charCodeAt(0));
    const reader = { bytes, at: 0 };
    const signatures = readLength(reader);
    reader.at += signatures * SIGNATURE_BYTES;
    if (((bytes[reader.at] ?? 0) & VERSIONED) !== 0) reader.at++;
    reader.at += 3;
    const length = readLength(reader);
    if (reader.at + length * KEY_BYTES > bytes.length) return [];
    const own = Array.from({ length }, (_, index) =>
      toBase58(bytes.subarray(reader.at + index * KEY_BYTES, reader.at + (index + 1) * KEY_BYTES)),
    );
    const { writable = [], readonly = [] } = meta?.loadedAddresses ?? {};
    return [...own, ...writable, ...readonly];
  } catch {
    return [];
  }
}

/** Reads a compact-u16. @param {{ bytes: Uint8Array, at: number }} reader */
function readLength(reader) {
  let value = 0;
  for (let shift = 0; shift < 21; shift += 7) {
    const byte = reader.bytes[reader.at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) break;
  }
  return value;
}

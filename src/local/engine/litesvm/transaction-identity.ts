import { createHash } from "node:crypto";
import { readEnvelope } from "../../../protocol/transaction-envelope.js";
import type { Transaction } from "../../../protocol/transaction-message.js";

/**
 * Returns the identity of a transaction. Only duplicates have equal identities. A signed transaction is identified by the
 * bytes of its first signature. An unsigned transaction is identified by the hash of its message, because its first signature
 * consists of zeros.
 */
export function identityOf({ signatures: [first] }: Transaction, wire: Uint8Array): string {
  if (first?.some((byte) => byte !== 0)) return Buffer.from(first.buffer, first.byteOffset, first.length).toString("latin1");
  return `message ${createHash("sha256").update(readEnvelope(wire).message).digest("hex")}`;
}

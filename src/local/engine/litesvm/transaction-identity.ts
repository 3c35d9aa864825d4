import { createHash } from "node:crypto";
import { readEnvelope } from "../../../protocol/transaction-envelope.js";
import type { Transaction } from "../../../protocol/transaction-message.js";

/**
 * Returns a string that is the same for two transactions only if they are duplicates: the bytes of the first signature, which is
 * cheaper than base58. An unsigned transaction is identified by its message, because all unsigned transactions have the same first
 * signature: 64 zeros.
 */
export function identityOf({ signatures: [first] }: Transaction, wire: Uint8Array): string {
  if (first?.some((byte) => byte !== 0)) return Buffer.from(first.buffer, first.byteOffset, first.length).toString("latin1");
  return `message ${createHash("sha256").update(readEnvelope(wire).message).digest("hex")}`;
}

import { createHash } from "node:crypto";
import { readEnvelope } from "../../../protocol/transaction-envelope.js";
import type { Transaction } from "../../../protocol/transaction-message.js";

/**
 * Returns a string that is the same for two transactions only if they are duplicates. It contains the bytes of the first
 * signature, because base58 would take longer. An unsigned transaction is identified by its message instead, because the first
 * signature of each unsigned transaction consists of zeros.
 */
export function identityOf({ signatures: [first] }: Transaction, wire: Uint8Array): string {
  if (first?.some((byte) => byte !== 0)) return Buffer.from(first.buffer, first.byteOffset, first.length).toString("latin1");
  return `message ${createHash("sha256").update(readEnvelope(wire).message).digest("hex")}`;
}

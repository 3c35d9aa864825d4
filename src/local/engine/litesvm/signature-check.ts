import { createPublicKey, verify } from "node:crypto";
import { readEnvelope } from "../../../protocol/transaction-envelope.js";
import type { Transaction } from "../../../protocol/transaction-message.js";

/** The prefix of an Ed25519 public key in SubjectPublicKeyInfo (RFC 8410, 4). */
const SPKI_HEADER = Buffer.from("302a300506032b6570032100", "hex");

/**
 * Whether all signatures of a transaction are valid. The transactions of a `continue` request are verified only with the option
 * `verifySignatures`.
 */
export function hasValidSignatures({ signatures, message }: Transaction, wire: Uint8Array): boolean {
  const { message: signed } = readEnvelope(wire);
  return signatures.every((signature, index) => {
    const der = Buffer.concat([SPKI_HEADER, message.keys[index] as Uint8Array]);
    return verify(null, signed, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
  });
}

import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { encodeBase58 } from "../../../codec/base58.js";
import type { Address } from "../../wire/build-transaction.js";

/** A signer. */
export interface Keypair {
  address: Address;
  /** Signs with Ed25519 (RFC 8032), which is deterministic. */
  sign(message: Uint8Array): Uint8Array;
}

/** The prefix of an Ed25519 private key in PKCS #8 (RFC 8410, 7). */
const PKCS8_HEADER = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_HEADER_BYTES = 12;

/** Derives a keypair from a label. Anyone who has the label can compute the keypair, so never use it for real money. */
export function keypairOf(label: string): Keypair {
  const seed = createHash("sha256").update(label).digest();
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const bytes = new Uint8Array(spki.subarray(SPKI_HEADER_BYTES));
  return { address: { text: encodeBase58(bytes), bytes }, sign: (message) => sign(null, message, key) };
}

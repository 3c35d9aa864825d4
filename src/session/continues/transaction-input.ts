import { encodeBase64 } from "../../codec/base64.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import { messageVersion, SIGNATURE_BYTES } from "../../protocol/transaction-envelope.js";

/**
 * A signed transaction: base64 of its wire bytes, the bytes, one of `@solana/web3.js` (which has `serialize()`), or one of
 * `@solana/kit` (which has `messageBytes` and `signatures`).
 */
export type TransactionInput = string | Uint8Array | { serialize(): Uint8Array } | KitTransaction;

interface KitTransaction {
  readonly messageBytes: ArrayLike<number>;
  readonly signatures: Readonly<Record<string, ArrayLike<number> | null>>;
}

/** Base64 of a transaction's wire bytes. @throws SimulatorError `invalidParams` for any other value */
export function toWireTransaction(transaction: TransactionInput, field: string): string {
  if (typeof transaction === "string" && transaction !== "") return transaction;
  if (transaction instanceof Uint8Array) return encodeBase64(transaction);
  if (typeof transaction === "object" && transaction !== null) {
    if ("serialize" in transaction) return encodeBase64(transaction.serialize());
    if ("messageBytes" in transaction && transaction.messageBytes && transaction.signatures) {
      return encodeBase64(toWireBytes(transaction, field));
    }
  }
  throw invalidParams(field, "expected a transaction: base64, a Uint8Array, or one of @solana/kit or @solana/web3.js");
}

/** Legacy and version 0: count, signatures, message. Version 1 (SIMD-0385): message, signatures. */
function toWireBytes({ messageBytes, signatures }: KitTransaction, field: string): Uint8Array {
  const version = messageVersion(messageBytes[0] ?? 0);
  if (version !== "legacy" && version > 1) {
    throw invalidParams(
      field,
      `a transaction of version ${version} is not supported: encode it, and pass its base64 or its bytes`,
    );
  }
  const list = Object.values(signatures);
  // A count of up to 127 is one byte; a transaction of 1,232 bytes has room for 19 signatures.
  const head = version === 1 ? [] : [list.length];
  const signaturesAt = version === 1 ? messageBytes.length : head.length;
  const bytes = new Uint8Array(head.length + list.length * SIGNATURE_BYTES + messageBytes.length);
  bytes.set(head);
  bytes.set(messageBytes, version === 1 ? 0 : head.length + list.length * SIGNATURE_BYTES);
  for (const [index, signature] of list.entries()) bytes.set(signature ?? [], signaturesAt + index * SIGNATURE_BYTES);
  return bytes;
}

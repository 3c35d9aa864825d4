import { encodeBase64 } from "../../codec/base64.js";
import { invalidParams } from "../../protocol/error-helpers.js";

/**
 * A signed transaction: base64 of its wire bytes, the bytes, one of `@solana/web3.js` (which has `serialize()`), or one of
 * `@solana/kit` (which has `messageBytes` and `signatures`).
 */
export type TransactionInput =
  | string
  | Uint8Array
  | { serialize(): Uint8Array }
  | { readonly messageBytes: ArrayLike<number>; readonly signatures: Readonly<Record<string, ArrayLike<number> | null>> };

const SIGNATURE_BYTES = 64;

/** Base64 of a transaction's wire bytes. @throws SimulatorError `invalidParams` for any other value */
export function toWireTransaction(transaction: TransactionInput, field: string): string {
  if (typeof transaction === "string" && transaction !== "") return transaction;
  if (transaction instanceof Uint8Array) return encodeBase64(transaction);
  if (typeof transaction === "object" && transaction !== null) {
    if ("serialize" in transaction) return encodeBase64(transaction.serialize());
    if ("messageBytes" in transaction && transaction.messageBytes && transaction.signatures) {
      const signatures = Object.values(transaction.signatures);
      // A compact-u16 count of up to 127 is one byte; a transaction of 1,232 bytes has room for 19 signatures.
      const bytes = new Uint8Array(1 + signatures.length * SIGNATURE_BYTES + transaction.messageBytes.length);
      bytes[0] = signatures.length;
      for (const [index, signature] of signatures.entries()) bytes.set(signature ?? [], 1 + index * SIGNATURE_BYTES);
      bytes.set(transaction.messageBytes, 1 + signatures.length * SIGNATURE_BYTES);
      return encodeBase64(bytes);
    }
  }
  throw invalidParams(field, "expected a transaction: base64, a Uint8Array, or one of @solana/kit or @solana/web3.js");
}

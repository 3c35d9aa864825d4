import { encodeBase64 } from "../../codec/base64.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import { writeEnvelope } from "../../protocol/transaction-envelope.js";

/**
 * A signed transaction: its wire bytes, their base64, a transaction of `@solana/web3.js` (which has `serialize()`), or a
 * transaction of `@solana/kit` (which has `messageBytes` and `signatures`).
 */
export type TransactionInput =
  | string
  | Uint8Array
  | {
      /** Returns the wire bytes. */
      serialize(): Uint8Array;
    }
  | KitTransaction;

interface KitTransaction {
  readonly messageBytes: ArrayLike<number>;
  readonly signatures: Readonly<Record<string, ArrayLike<number> | null>>;
}

/** Returns a transaction's wire bytes in base64. @throws SimulatorError `invalidParams` for any other value */
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

function toWireBytes({ messageBytes, signatures }: KitTransaction, field: string): Uint8Array {
  try {
    return writeEnvelope(
      messageBytes,
      Object.values(signatures).map((signature) => signature ?? []),
    );
  } catch (error) {
    throw invalidParams(field, `${(error as Error).message}; pass its base64 or its bytes instead`);
  }
}

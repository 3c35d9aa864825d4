import { encodeBase64 } from "../../codec/base64.js";
import { invalidParams, messageOf } from "../../protocol/error-helpers.js";
import { writeEnvelope } from "../../protocol/transaction-envelope.js";

/**
 * A signed transaction: its wire bytes, their base64, a transaction of `@solana/web3.js` (which has `serialize()`), or a
 * transaction of `@solana/kit` (which has `messageBytes` and `signatures`).
 */
export type TransactionInput = string | Uint8Array | Serializable | KitTransaction;

interface Serializable {
  /** Returns the wire bytes. */
  serialize(): Uint8Array;
}

interface KitTransaction {
  readonly messageBytes: ArrayLike<number>;
  readonly signatures: Readonly<Record<string, ArrayLike<number> | null>>;
}

/** Returns a transaction's wire bytes in base64. @throws SimulatorError `invalidParams` if the value is not a transaction */
export function toWireTransaction(transaction: TransactionInput, field: string): string {
  if (typeof transaction === "string" && transaction !== "") return transaction;
  let bytes: unknown = transaction;
  try {
    const { serialize, messageBytes, signatures } = Object(transaction);
    if (serialize) bytes = (transaction as Serializable).serialize();
    else if (messageBytes && signatures) bytes = toWireBytes(transaction as KitTransaction);
  } catch (error) {
    throw invalidParams(field, `${messageOf(error)}; pass its base64 or its bytes instead`, error);
  }
  if (ArrayBuffer.isView(bytes)) return encodeBase64(bytes as Uint8Array);
  throw invalidParams(field, "expected a transaction: base64, a Uint8Array, or one of @solana/kit or @solana/web3.js");
}

function toWireBytes({ messageBytes, signatures }: KitTransaction): Uint8Array {
  return writeEnvelope(
    messageBytes,
    Object.values(signatures).map((signature) => signature ?? []),
  );
}

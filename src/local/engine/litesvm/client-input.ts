import { createHash } from "node:crypto";
import { encodeBase58 } from "../../../codec/base58.js";
import { decodeBase64 } from "../../../codec/base64.js";
import { readEnvelope } from "../../../protocol/transaction-envelope.js";
import { type Message, readMessage, readTransaction, type Transaction } from "../../../protocol/transaction-message.js";
import { BacktestFailure, reasonOf } from "../../wire/backtest-failure.js";
import { withDefaultLimits } from "./fees.js";

/** A transaction that a client sent. */
export interface ClientTransaction {
  transaction: Transaction;
  wire: Uint8Array;
  /** Base58. */
  signatures: readonly string[];
  /** Identifies duplicates: the first signature, or a hash of the message if the transaction is not signed. */
  identity: string;
  /** A copy with default limits, if it is a version 1 transaction without limits. The signatures of the copy are not valid. */
  withLimits?: Uint8Array;
}

/** @throws BacktestFailure `invalidTransactionEncoding`, `invalidTransactionFormat` */
export function readClientTransaction(base64: string, index: number): ClientTransaction {
  let wire: Uint8Array;
  try {
    wire = decodeBase64(base64);
  } catch (error) {
    throw new BacktestFailure({ invalidTransactionEncoding: { index, error: reasonOf(error) } });
  }
  try {
    const transaction = readTransaction(wire);
    const withLimits = withDefaultLimits(wire, transaction.message);
    const signatures = transaction.signatures.map(encodeBase58);
    const identity = identityOf(transaction, wire, signatures[0] as string);
    return { transaction, wire, signatures, identity, ...(withLimits !== undefined && { withLimits }) };
  } catch (error) {
    throw new BacktestFailure({ invalidTransactionFormat: { index, error: reasonOf(error) } });
  }
}

/**
 * An unsigned transaction is identified by its message, because all unsigned transactions have the same first signature: 64 zeros.
 */
function identityOf({ signatures: [first] }: Transaction, wire: Uint8Array, signature: string): string {
  if (first?.some((byte) => byte !== 0)) return signature;
  return createHash("sha256").update(readEnvelope(wire).message).digest("hex");
}

/** @throws BacktestFailure `invalidTransactionFormat` */
export function readClientMessage(bytes: Uint8Array): Message {
  try {
    return readMessage(bytes);
  } catch (error) {
    throw new BacktestFailure({ invalidTransactionFormat: { index: 0, error: reasonOf(error) } });
  }
}

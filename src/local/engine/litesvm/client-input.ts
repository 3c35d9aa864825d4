import { encodeBase58 } from "../../../codec/base58.js";
import { decodeBase64 } from "../../../codec/base64.js";
import { type Message, readMessage, readTransaction, type Transaction } from "../../../protocol/transaction-message.js";
import { BacktestFailure, reasonOf } from "../../wire/backtest-failure.js";
import { withDefaultLimits } from "./fees.js";

/** A transaction that a client sent. */
export interface ClientTransaction {
  transaction: Transaction;
  wire: Uint8Array;
  /** Base58. */
  signatures: readonly string[];
  /** A copy with the default limits, for a version 1 transaction without limits. Its signatures are not valid. */
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
    return { transaction, wire, signatures, ...(withLimits !== undefined && { withLimits }) };
  } catch (error) {
    throw new BacktestFailure({ invalidTransactionFormat: { index, error: reasonOf(error) } });
  }
}

/** @throws BacktestFailure `invalidTransactionFormat` */
export function readClientMessage(bytes: Uint8Array): Message {
  try {
    return readMessage(bytes);
  } catch (error) {
    throw new BacktestFailure({ invalidTransactionFormat: { index: 0, error: reasonOf(error) } });
  }
}

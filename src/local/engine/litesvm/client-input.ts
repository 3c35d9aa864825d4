import { decodeBase64 } from "../../../codec/base64.js";
import { type Message, readMessage, readTransaction, type Transaction } from "../../../protocol/transaction-message.js";
import { BacktestFailure, reasonOf } from "../../wire/backtest-failure.js";
import { withDefaultLimits } from "./fees.js";
import { identityOf } from "./transaction-identity.js";

/** A transaction that a client sent. */
export interface ClientTransaction {
  transaction: Transaction;
  wire: Uint8Array;
  /** A text that is the same for all duplicates of the transaction. See `identityOf`. */
  identity: string;
  /**
   * A copy of the transaction with default limits. Present only for a version 1 transaction without limits. The signatures of the
   * copy are not valid.
   */
  withLimits?: Uint8Array;
}

/** Decodes a transaction from a client. @throws BacktestFailure `invalidTransactionEncoding`, `invalidTransactionFormat` */
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
    const identity = identityOf(transaction, wire);
    return { transaction, wire, identity, ...(withLimits !== undefined && { withLimits }) };
  } catch (error) {
    throw new BacktestFailure({ invalidTransactionFormat: { index, error: reasonOf(error) } });
  }
}

/** Decodes a message from a client. @throws BacktestFailure `invalidTransactionFormat` */
export function readClientMessage(bytes: Uint8Array): Message {
  try {
    return readMessage(bytes);
  } catch (error) {
    throw new BacktestFailure({ invalidTransactionFormat: { index: 0, error: reasonOf(error) } });
  }
}

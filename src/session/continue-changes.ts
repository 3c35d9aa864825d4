import * as v from "valibot";
import { accountModifications } from "../protocol/account-modifications.js";
import { readParams } from "../protocol/message.js";
import type { AccountData } from "../protocol/shapes.js";
import { invalidParams } from "../protocol/simulator-error.js";
import { type TransactionInput, toWireTransaction } from "./transaction-input.js";

/** What a continue changes before it goes on. */
export interface ContinueChanges {
  /** Signed transactions to execute first. */
  transactions?: TransactionInput[];
  /** Account states to put in place first, by address. */
  modifyAccountStates?: Record<string, AccountData>;
}

const states = v.object({ modifyAccountStates: accountModifications });

/** The changes as the wire has them. @throws SimulatorError `invalidParams`, naming the field */
export function toWireChanges({ transactions = [], modifyAccountStates = {} }: ContinueChanges) {
  if (!Array.isArray(transactions)) throw invalidParams("transactions", "expected a list");
  return {
    transactions: transactions.map((transaction, index) => toWireTransaction(transaction, `transactions.${index}`)),
    ...readParams(states, { modifyAccountStates }),
  };
}

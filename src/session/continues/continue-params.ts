import * as v from "valibot";
import { accountModifications } from "../../protocol/account-modifications.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import { readParams } from "../../protocol/message.js";
import { type BacktestRequest, continueToParams } from "../../protocol/requests.js";
import { toU64 } from "../../protocol/scalars.js";
import type { AccountData } from "../../protocol/shapes.js";
import { type TransactionInput, toWireTransaction } from "./transaction-input.js";

/** How far to go, and what to change first. */
export interface ContinueParams {
  /** Blocks to execute before the next stop. A skipped slot has no block and is not counted. @default 1 */
  advanceCount?: bigint | number;
  /** Signed transactions to execute first. */
  transactions?: TransactionInput[];
  /** Account states to set before the execution, by address. */
  modifyAccountStates?: Record<string, AccountData>;
}

/** Where to stop. */
export interface ContinueToParams {
  slot: bigint | number;
  /** Stop before this batch of the slot. @default after the whole slot */
  batchIndex?: number;
}

export type ContinueRequest = BacktestRequest & { method: "continue" | "continueTo" };

/** @throws SimulatorError `invalidParams`, naming the field */
export function toContinueRequest(params: ContinueParams): ContinueRequest & { method: "continue" } {
  const { advanceCount = 1n, transactions, modifyAccountStates } = checkedObject(params);
  const bare = toBareContinue(advanceCount);
  return { ...bare, params: { ...bare.params, ...toWireChanges({ transactions, modifyAccountStates }) } };
}

const states = v.object({ modifyAccountStates: accountModifications });

/** The transactions and account states in the wire's form. @throws SimulatorError `invalidParams`, naming the field */
export function toWireChanges({
  transactions = [],
  modifyAccountStates = {},
}: Pick<{ [K in keyof ContinueParams]: ContinueParams[K] | undefined }, "transactions" | "modifyAccountStates">) {
  if (!Array.isArray(transactions)) throw invalidParams("transactions", "expected a list");
  return {
    transactions: transactions.map((transaction, index) => toWireTransaction(transaction, `transactions.${index}`)),
    ...readParams(states, { modifyAccountStates }),
  };
}

/** A continue that changes nothing first. @throws SimulatorError `invalidParams` */
export function toBareContinue(advanceCount: bigint | number) {
  const params = { advanceCount: toU64(advanceCount, "advanceCount"), transactions: [], modifyAccountStates: {} };
  return { method: "continue", params } as const satisfies ContinueRequest;
}

/** @throws SimulatorError `invalidParams`, naming the field */
export function toContinueToRequest(params: ContinueToParams): ContinueRequest {
  const { slot, batchIndex } = checkedObject(params);
  return { method: "continueTo", params: readParams(continueToParams, { slot: toU64(slot, "slot"), batchIndex }) };
}

/** Whether a continue only advances the session: sending it twice changes no account. */
export function isBare(request: ContinueRequest): boolean {
  if (request.method === "continueTo") return true;
  const { transactions, modifyAccountStates } = request.params;
  return (transactions?.length ?? 0) === 0 && Object.keys(modifyAccountStates ?? {}).length === 0;
}

function checkedObject<T>(params: T): T {
  if (typeof params === "object" && params !== null) return params;
  throw invalidParams("params", "expected an object");
}

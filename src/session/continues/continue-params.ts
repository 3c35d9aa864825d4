import * as v from "valibot";
import { accountModifications } from "../../protocol/account-modifications.js";
import { invalidParams } from "../../protocol/error-helpers.js";
import { refuseUnknownNames } from "../../protocol/known-names.js";
import { readParams } from "../../protocol/message.js";
import { type BacktestRequest, continueToParams } from "../../protocol/requests.js";
import { toU64 } from "../../protocol/scalars.js";
import type { AccountData } from "../../protocol/shapes.js";
import { type TransactionInput, toWireTransaction } from "./transaction-input.js";

/** How many blocks to execute, and what to change before the execution. */
export interface ContinueParams {
  /** Number of blocks to execute before the next stop. A skipped slot has no block and is not counted. @default 1 */
  advanceCount?: bigint | number;
  /** Signed transactions to execute before the blocks. @default none */
  transactions?: TransactionInput[];
  /** Account states to set before the execution, with their addresses as keys. @default none */
  modifyAccountStates?: Record<string, AccountData>;
}

/** The position at which to stop. */
export interface ContinueToParams {
  /** The slot at which the session stops. */
  slot: bigint | number;
  /** The index of a batch in the slot. The session stops before this batch. @default the session stops after the whole slot */
  batchIndex?: number;
}

export type ContinueRequest = BacktestRequest & { method: "continue" | "continueTo" };

/** @throws SimulatorError `invalidParams`, naming the field */
export function toContinueRequest(params: ContinueParams): ContinueRequest & { method: "continue" } {
  const { advanceCount = 1n, ...changes } = checkedObject(params, ["advanceCount", "transactions", "modifyAccountStates"]);
  const bare = toBareContinue(advanceCount);
  return { ...bare, params: { ...bare.params, ...toWireChanges(changes) } };
}

const states = v.object({ modifyAccountStates: accountModifications });

/** Converts transactions and account states to their wire format. @throws SimulatorError `invalidParams`, naming the field */
export function toWireChanges({
  transactions = [],
  modifyAccountStates = {},
}: {
  transactions?: readonly TransactionInput[] | undefined;
  modifyAccountStates?: ContinueParams["modifyAccountStates"] | undefined;
}) {
  if (!Array.isArray(transactions)) throw invalidParams("transactions", "expected a list");
  return {
    transactions: transactions.map((transaction, index) => toWireTransaction(transaction, `transactions.${index}`)),
    ...readParams(states, { modifyAccountStates }),
  };
}

/** Returns a continue request without transactions and account states. @throws SimulatorError `invalidParams` */
export function toBareContinue(advanceCount: bigint | number) {
  const params = { advanceCount: toU64(advanceCount, "advanceCount"), transactions: [], modifyAccountStates: {} };
  return { method: "continue", params } as const satisfies ContinueRequest;
}

/** @throws SimulatorError `invalidParams`, naming the field */
export function toContinueToRequest(params: ContinueToParams): ContinueRequest {
  const { slot, batchIndex } = checkedObject(params, ["slot", "batchIndex"]);
  return { method: "continueTo", params: readParams(continueToParams, { slot: toU64(slot, "slot"), batchIndex }) };
}

/** Whether a continue request has no transactions and no account changes. Only such a request can be sent twice. */
export function isBare(request: ContinueRequest): boolean {
  if (request.method === "continueTo") return true;
  const { transactions, modifyAccountStates } = request.params;
  return (transactions?.length ?? 0) === 0 && Object.keys(modifyAccountStates ?? {}).length === 0;
}

function checkedObject<T>(params: T, names: readonly string[]): T {
  if (typeof params !== "object" || params === null) throw invalidParams("params", "expected an object");
  refuseUnknownNames(params, names, "parameter");
  return params;
}

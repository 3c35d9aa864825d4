import type { BacktestRequest } from "../protocol/requests.js";
import { encodeRequest } from "../protocol/requests.js";
import { toU64 } from "../protocol/scalars.js";
import type { AccountData } from "../protocol/shapes.js";
import { invalidParams } from "../protocol/simulator-error.js";
import { type TransactionInput, toWireTransaction } from "./transaction-input.js";

/** How far to go, and what to change first. */
export interface ContinueParams {
  /** Blocks to execute before the next stop; a skipped slot is none. Default: 1. */
  advanceCount?: bigint | number;
  /** Signed transactions to execute first. */
  transactions?: TransactionInput[];
  /** Account states to put in place first, by address. */
  modifyAccountStates?: Record<string, AccountData>;
}

/** Where to stop. */
export interface ContinueToParams {
  slot: bigint | number;
  /** Stop before this batch of the slot. Default: after the whole slot. */
  batchIndex?: number;
}

export type ContinueRequest = BacktestRequest & { method: "continue" | "continueTo" };

/** @throws SimulatorError `invalidParams`, naming the field */
export function toContinueRequest(params: ContinueParams): ContinueRequest {
  const { advanceCount = 1n, transactions = [], modifyAccountStates = {} } = checkedObject(params);
  if (!Array.isArray(transactions)) throw invalidParams("transactions", "expected a list");
  return checked({
    method: "continue",
    params: {
      advanceCount: toU64(advanceCount, "advanceCount"),
      transactions: transactions.map((transaction, index) => toWireTransaction(transaction, `transactions.${index}`)),
      modifyAccountStates,
    },
  });
}

/** @throws SimulatorError `invalidParams`, naming the field */
export function toContinueToRequest(params: ContinueToParams): ContinueRequest {
  const { slot, batchIndex } = checkedObject(params);
  return checked({ method: "continueTo", params: { slot: toU64(slot, "slot"), batchIndex: batchIndex ?? null } });
}

/** Whether a continue changes nothing but where the session stands: sent twice, it does no harm that wasn't asked for. */
export function isBare(request: ContinueRequest): boolean {
  if (request.method === "continueTo") return true;
  const { transactions, modifyAccountStates } = request.params;
  return (transactions?.length ?? 0) === 0 && Object.keys(modifyAccountStates ?? {}).length === 0;
}

function checkedObject<T>(params: T): T {
  if (typeof params === "object" && params !== null) return params;
  throw invalidParams("params", "expected an object");
}

function checked(request: ContinueRequest): ContinueRequest {
  encodeRequest(request);
  return request;
}

import { loadPart } from "../protocol/load-part.js";
import { readParams } from "../protocol/message.js";
import type { BacktestRequest } from "../protocol/requests.js";
import { toU64 } from "../protocol/scalars.js";
import { invalidParams } from "../protocol/simulator-error.js";
import { continueToParams } from "../protocol/stop-params.js";
import type { ContinueChanges } from "./continue-changes.js";

/** How far to go, and what to change first. */
export interface ContinueParams extends ContinueChanges {
  /** Blocks to execute before the next stop; a skipped slot is none. Default: 1. */
  advanceCount?: bigint | number;
}

/** Where to stop. */
export interface ContinueToParams {
  slot: bigint | number;
  /** Stop before this batch of the slot. Default: after the whole slot. */
  batchIndex?: number;
}

export type ContinueRequest = BacktestRequest & { method: "continue" | "continueTo" };

/** A request that is at hand, or what makes it of parts that are loaded first. */
export type ContinueRequestSource = ContinueRequest | (() => Promise<ContinueRequest>);

/** @throws SimulatorError `invalidParams`, naming the field; so does what is returned */
export function toContinueRequest(params: ContinueParams): ContinueRequestSource {
  const { advanceCount = 1n, transactions, modifyAccountStates } = checkedObject(params);
  const bare = toBareContinue(advanceCount);
  if (transactions === undefined && modifyAccountStates === undefined) return bare;
  return async () => {
    const { toWireChanges } = await loadPart("continue-changes", import("./continue-changes.js"));
    return { ...bare, params: { ...bare.params, ...toWireChanges(params) } };
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

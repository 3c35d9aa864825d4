import { parseJson } from "../codec/json.js";
import { type FatalFailure, fatalFailure, TransientFailure } from "../connection/channel-socket.js";
import { type BacktestError, describeBacktestError, fromWireError } from "../protocol/backtest-error.js";
import { members, WIRE_LIMITS } from "../protocol/message.js";
import type { BacktestResponse } from "../protocol/responses.js";
import { SimulatorError, type SimulatorErrorCode } from "../protocol/simulator-error.js";

/** Throws if a response is a refusal. The function `refused` creates the error. */
export function throwIfRefused({ response }: { response: BacktestResponse }, refused: (refusal: Refusal) => Error): void {
  const refusal = refusalIn(response);
  if (refusal !== undefined) throw refused(refusal);
}

/** Throws if an attach or resume request was refused. An error with a sequence id is a replayed event, not a refusal. */
export function throwIfAttachRefused(decoded: { response: BacktestResponse; sequence?: bigint | undefined }): void {
  if (decoded.sequence === undefined) throwIfRefused(decoded, attachRefused);
}

/** A refusal by the server. `remote` is absent if this version does not recognize the error. */
export interface Refusal {
  text: string;
  remote?: BacktestError;
}

function refusalIn(response: BacktestResponse): Refusal | undefined {
  if (response.method === "error") {
    const remote = fromWireError(response.params);
    return { text: describeBacktestError(remote), remote };
  }
  if (response.method !== "unrecognized") return undefined;
  const { raw } = response;
  return isError(raw) ? { text: raw.slice(0, 400) } : undefined;
}

function isError(raw: string): boolean {
  try {
    return members(parseJson(raw, WIRE_LIMITS)).method === "error";
  } catch {
    return false;
  }
}

export function createRefused(refusal: Refusal): FatalFailure {
  return refusedFor(refusal, "create", `the simulator refused to create the session: ${refusal.text}`);
}

function attachRefused(refusal: Refusal): Error {
  const { text, remote } = refusal;
  if (remote?.kind === "sessionOwnershipBusy") {
    const message = `another connection is attached to the session: ${text}`;
    return new TransientFailure(message, { cause: new SimulatorError("sessionBusy", message, { remote }) });
  }
  const why =
    remote?.kind === "sessionNotFound"
      ? "it was closed or has expired, or the server was restarted: start another session"
      : "it cannot be resumed here";
  return refusedFor(refusal, "controlFailed", `the simulator refused to resume the session (${text}): ${why}`);
}

function refusedFor({ remote }: Refusal, code: SimulatorErrorCode, message: string): FatalFailure {
  return fatalFailure(code, message, remote && { remote });
}

import { parseJson, stringifyJson } from "../codec/json.js";
import { type ChannelSocket, FatalFailure, type Frame, TransientFailure } from "../connection/channel-socket.js";
import { type BacktestError, describeBacktestError, fromWireError } from "../protocol/backtest-error.js";
import { members } from "../protocol/message.js";
import type { BacktestRequest } from "../protocol/requests.js";
import type { BacktestResponse } from "../protocol/responses.js";
import { SimulatorError, type SimulatorErrorCode } from "../protocol/simulator-error.js";

/** What control channels share of what is said before a session runs. */

export function textOf(frame: Frame): string {
  return typeof frame === "string" ? frame : new TextDecoder().decode(frame);
}

/** @throws TransientFailure if the socket has gone meanwhile */
export function sendNow(socket: ChannelSocket, request: BacktestRequest): void {
  if (!socket.send(stringifyJson(request))) throw new TransientFailure(`the connection went away before ${request.method}`);
}

/** @throws what `refused` makes of a response that is a refusal */
export function throwIfRefused({ response }: { response: BacktestResponse }, refused: (refusal: Refusal) => Error): void {
  const refusal = refusalIn(response);
  if (refusal !== undefined) throw refused(refusal);
}

/** What an error says; without `remote` if it is one that this version doesn't know: a refusal all the same. */
export interface Refusal {
  said: string;
  remote?: BacktestError;
}

function refusalIn(response: BacktestResponse): Refusal | undefined {
  if (response.method === "error") {
    const remote = fromWireError(response.params);
    return { said: describeBacktestError(remote), remote };
  }
  if (response.method !== "unrecognized") return undefined;
  const { raw } = response;
  return isError(raw) ? { said: raw.slice(0, 400) } : undefined;
}

function isError(raw: string): boolean {
  try {
    return members(parseJson(raw)).method === "error";
  } catch {
    return false;
  }
}

export function createRefused(refusal: Refusal): FatalFailure {
  return refusedFor(refusal, "create", `the simulator refused to create the session: ${refusal.said}`);
}

export function attachRefused(refusal: Refusal): Error {
  const { said, remote } = refusal;
  if (remote?.kind === "sessionOwnershipBusy") {
    const message = `another connection holds the session: ${said}`;
    return new TransientFailure(message, { cause: new SimulatorError("sessionBusy", message, { remote }) });
  }
  const why =
    remote?.kind === "sessionNotFound" ? "it was closed, or its disconnect timeout has passed" : "it can't be resumed from here";
  return refusedFor(refusal, "controlFailed", `the simulator refused to give the session back (${said}): ${why}`);
}

function refusedFor({ remote }: Refusal, code: SimulatorErrorCode, message: string): FatalFailure {
  return new FatalFailure(message, { cause: new SimulatorError(code, message, remote && { remote }) });
}

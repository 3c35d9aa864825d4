import type { ControlEvent } from "../../channels/managed-events.js";
import type { ContinueRequest } from "./continue-params.js";

/** What is known about a continue request. */
export type ContinuePhase =
  /** The request was written to a socket that is still up. */
  | "written"
  /** The server has received the request and reacted to it. */
  | "received"
  /** The request was written to a socket that was then lost. It is unknown whether the server received the request. */
  | "uncertain";

/** The continue request in flight: it has been written, and its response is pending. */
export interface PendingContinue {
  readonly request: ContinueRequest;
  readonly phase: ContinuePhase;
}

/** Errors with which the server refuses a continue request. The server then waits for the next request. */
const REFUSALS: ReadonlySet<string> = new Set([
  "invalidRequest",
  "invalidTransactionEncoding",
  "invalidTransactionFormat",
  "invalidAccountEncoding",
  "invalidAccountOwner",
  "invalidAccountPubkey",
]);

/**
 * Returns the new state of the continue request when an event arrives. Returns `undefined` if the event is the response to the
 * request.
 */
export function afterEvent(pending: PendingContinue, event: ControlEvent): PendingContinue | undefined {
  switch (event.type) {
    case "readyForContinue":
    case "paused":
    case "completed":
      return undefined;
    case "error":
      return REFUSALS.has(event.error.kind) ? undefined : received(pending);
    case "slot":
    case "status":
      return received(pending);
    default:
      return pending;
  }
}

function received(pending: PendingContinue): PendingContinue {
  return pending.phase === "received" ? pending : { ...pending, phase: "received" };
}

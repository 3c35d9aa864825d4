import type { ControlEvent } from "../../channels/managed-events.js";
import type { ContinueRequest } from "./continue-params.js";

/** What is known about a continue. */
export type ContinuePhase =
  /** Written to a socket that has been up since. */
  | "written"
  /** The server has acted on it. */
  | "received"
  /** Written to a socket that was then lost. Whether the server received it is unknown. */
  | "uncertain";

/** The continue in flight: written, and not answered yet. */
export interface PendingContinue {
  readonly request: ContinueRequest;
  readonly phase: ContinuePhase;
}

/** Errors that refuse a continue: the server then waits for the next one. */
const REFUSALS: ReadonlySet<string> = new Set([
  "invalidRequest",
  "invalidTransactionEncoding",
  "invalidTransactionFormat",
  "invalidAccountEncoding",
  "invalidAccountOwner",
  "invalidAccountPubkey",
]);

/** The continue in flight after an event; `undefined` when the event answers it. */
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

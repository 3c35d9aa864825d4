import type { ControlEvent } from "../channels/managed-events.js";
import type { ContinueRequest } from "./continue-params.js";

/** What is known of a continue's fate. */
export type ContinuePhase =
  /** Written to a socket that has been up since. */
  | "written"
  /** The server has acted on it. */
  | "received"
  /** Written to a socket that then died; nothing has told since whether the server got it. */
  | "uncertain";

/** The one continue that can be in flight: written, and not answered yet. */
export interface PendingContinue {
  readonly request: ContinueRequest;
  readonly phase: ContinuePhase;
}

/** Errors that refuse a continue as it stands: nothing moves after them. */
const REFUSALS: ReadonlySet<string> = new Set([
  "invalidRequest",
  "invalidTransactionEncoding",
  "invalidTransactionFormat",
  "invalidAccountEncoding",
  "invalidAccountOwner",
  "invalidAccountPubkey",
]);

/** What an event tells of the pending continue: `undefined` when it is over. */
export function afterEvent(pending: PendingContinue, event: ControlEvent): PendingContinue | undefined {
  switch (event.type) {
    case "readyForContinue":
    case "paused":
    case "completed":
      return undefined;
    case "error":
      return REFUSALS.has(event.error.kind) ? undefined : { ...pending, phase: "received" };
    case "slot":
    case "status":
      return { ...pending, phase: "received" };
    default:
      return pending;
  }
}

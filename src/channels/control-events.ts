import { fromWireError } from "../protocol/backtest-error.js";
import type { BacktestResponse, SessionEvent } from "../protocol/responses.js";
import type { ControlEvent } from "./managed-events.js";
import { unrecognizedEvent } from "./unrecognized-event.js";

/** Converts a response to an event. Returns `undefined` for a response that is not delivered to the user. */
export function toEvent(response: BacktestResponse | SessionEvent): ControlEvent | undefined {
  switch (response.method) {
    case "readyForContinue":
      return { type: "readyForContinue" };
    case "slotNotification":
      return { type: "slot", slot: response.params };
    case "paused": {
      const { slot, batchIndex } = response.params;
      return { type: "paused", slot, ...(batchIndex !== undefined && { batchIndex }) };
    }
    case "discoveryBatch":
      return { type: "discoveryBatch", ...response.params };
    case "status":
      return { type: "status", status: response.params.status };
    case "completed": {
      const { summary } = response.params;
      return { type: "completed", ...(summary !== undefined && { summary }) };
    }
    case "error":
      return { type: "error", error: fromWireError(response.params) };
    case "unrecognized":
      return unrecognizedEvent(response.raw, response.reason);
    default:
      return undefined;
  }
}

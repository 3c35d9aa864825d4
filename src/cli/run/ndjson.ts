import type { ManagedEvent } from "../../channels/managed-events.js";
import { stringifyJson } from "../../codec/json.js";
import { transactionSignature } from "../../protocol/transaction.js";
import type { RecordedRun } from "./run-plan.js";

/** The first line of a record: what was run. */
export function ndjsonHeader({ startSlot, endSlot, programs, streams }: RecordedRun): string {
  return line({ type: "run", version: 1, startSlot, endSlot, programs, streams });
}

/**
 * An event as a line of JSON, its type first and its integers exact; `undefined` for events about the connection rather than the
 * run. A transaction line also has its signature.
 */
export function ndjsonLine(event: ManagedEvent): string | undefined {
  switch (event.type) {
    case "readyForContinue":
    case "paused":
    case "status":
      return undefined;
    case "continuity":
      return event.kind === "gap" ? line(event) : undefined;
    case "transaction": {
      const { type, program, transaction } = event;
      return line({ type, slot: transaction.slot, signature: transactionSignature(transaction), program, transaction });
    }
    case "accountDiff": {
      const { type, program, diff } = event;
      return line({ type, slot: diff.context.slot, program, diff });
    }
    default:
      return line(event);
  }
}

function line(value: object): string {
  return `${stringifyJson(value)}\n`;
}

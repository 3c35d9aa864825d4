import { stringifyJson } from "../codec/json.js";
import { transactionSignature } from "../protocol/transaction-notification.js";
import type { RecordEncoder } from "./record-encoder.js";
import type { RecordableEvent, RecordedSession, RunHeader } from "./recordable-event.js";

/** Writes one line of JSON per event. The first line is the header. */
export class NdjsonEncoder implements RecordEncoder {
  begin(header: RunHeader): string {
    return ndjsonHeader(header);
  }

  addSessions(sessions: readonly RecordedSession[]): string {
    return sessions.map(({ sessionId, startSlot, endSlot }) => line({ type: "session", sessionId, startSlot, endSlot })).join("");
  }

  add(event: RecordableEvent): string | undefined {
    return ndjsonLine(event);
  }

  end(): undefined {}
}

/** Returns the first line of a record, which describes what was run. */
export function ndjsonHeader({ startSlot, endSlot, programs, streams, changes }: RunHeader): string {
  return line({ type: "run", version: 1, startSlot, endSlot, programs, streams, ...(changes?.length && { changes }) });
}

/**
 * Formats an event as a line of JSON. The type comes first, and integers are exact. A transaction line also contains the
 * signature of the transaction. Returns `undefined` for events about the connection, because they are not part of the run.
 */
export function ndjsonLine(event: RecordableEvent): string | undefined {
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

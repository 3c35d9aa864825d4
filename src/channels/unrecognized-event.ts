import { parseJson } from "../codec/json.js";
import { decodeUtf8, encodeUtf8 } from "../codec/utf8.js";
import { WIRE_LIMITS } from "../protocol/message.js";
import type { UnrecognizedEvent } from "./managed-events.js";

/** The maximum length of a frame's text in an event, in characters. */
const MAX_RAW = 4_096;
/** The maximum length of a reason, which can contain long names from the server. */
const MAX_REASON = 400;

/**
 * Returns the event for a frame that this version cannot read. The frame's text is truncated to 4,096 characters.
 *
 * @param subscriptionId `Subscription.id`, if the frame arrived on the connection of a subscription
 */
export function unrecognizedEvent(raw: string, reason: string, subscriptionId?: string): UnrecognizedEvent {
  return {
    type: "unrecognized",
    ...(subscriptionId !== undefined && { subscriptionId }),
    raw: cut(raw, MAX_RAW),
    reason: cut(reason, MAX_REASON),
  };
}

/** Returns a copy of the first `length` characters. The result of `slice` would keep the whole text in memory. */
function cut(text: string, length: number): string {
  return text.length > length ? decodeUtf8(encodeUtf8(text.slice(0, length))) : text;
}

/** Whether a frame was damaged in transit. The text of an undamaged frame is valid JSON and within `WIRE_LIMITS`. */
export function isDamaged(text: string): boolean {
  try {
    parseJson(text, WIRE_LIMITS);
    return false;
  } catch {
    return true;
  }
}

import { parseJson } from "../codec/json.js";
import { decodeUtf8, encodeUtf8 } from "../codec/utf8.js";
import { WIRE_LIMITS } from "../protocol/message.js";
import type { UnrecognizedEvent } from "./managed-events.js";

/** Longest text of a frame that an event keeps, in characters. */
const MAX_RAW = 4_096;
/** Longest reason. It can contain names that the server has chosen. */
const MAX_REASON = 400;

/**
 * The event for a frame that this version cannot use. Its text is cut after 4,096 characters.
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

/** A slice keeps the whole text in memory. A decoded copy does not. */
function cut(text: string, length: number): string {
  return text.length > length ? decodeUtf8(encodeUtf8(text.slice(0, length))) : text;
}

/** Whether a frame was damaged on its way: no server sends what is not JSON, or has a million values. */
export function isDamaged(text: string): boolean {
  try {
    parseJson(text, WIRE_LIMITS);
    return false;
  } catch {
    return true;
  }
}

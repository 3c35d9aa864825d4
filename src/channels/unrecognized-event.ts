import { parseJson } from "../codec/json.js";
import type { UnrecognizedEvent } from "./managed-events.js";

/** Longest text of a frame that an event keeps, in characters. */
const MAX_RAW = 4_096;

/**
 * The event for a frame that this version cannot use. Its text is cut after 4,096 characters.
 *
 * @param subscriptionId `Subscription.id`, if the frame arrived on the connection of a subscription
 */
export function unrecognizedEvent(raw: string, reason: string, subscriptionId?: string): UnrecognizedEvent {
  return {
    type: "unrecognized",
    ...(subscriptionId !== undefined && { subscriptionId }),
    raw: raw.length > MAX_RAW ? copyOf(raw.slice(0, MAX_RAW)) : raw,
    reason,
  };
}

/** A slice keeps the whole text in memory. A decoded copy does not. */
function copyOf(slice: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(slice));
}

/** Whether a frame was damaged on its way: no server sends what is not JSON. */
export function isDamaged(text: string): boolean {
  try {
    parseJson(text);
    return false;
  } catch {
    return true;
  }
}

import { parseJson } from "../codec/json.js";
import type { UnrecognizedEvent } from "./managed-events.js";

/** Longest text of a frame that an event keeps, in characters. */
const MAX_RAW = 4_096;

/** The event for a frame that this version cannot use. Its text is cut after 4,096 characters. */
export function unrecognizedEvent(raw: string, reason: string): UnrecognizedEvent {
  return { type: "unrecognized", raw: raw.length > MAX_RAW ? raw.slice(0, MAX_RAW) : raw, reason };
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

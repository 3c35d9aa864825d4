import type { ManagedEvent } from "../channels/managed-events.js";

/** All event types. TypeScript reports an error if one is missing. */
const ALL: Readonly<Record<ManagedEvent["type"], true>> = {
  readyForContinue: true,
  paused: true,
  discoveryBatch: true,
  slot: true,
  status: true,
  completed: true,
  error: true,
  transaction: true,
  accountDiff: true,
  actionResult: true,
  diagnostic: true,
  replacement: true,
  logs: true,
  account: true,
  programAccount: true,
  signature: true,
  slotUpdate: true,
  unrecognized: true,
  continuity: true,
};

/** The type of an event. */
export type EventType = ManagedEvent["type"];

/** Events of the given types. */
export type EventOf<T extends EventType> = Extract<ManagedEvent, { type: T }>;

export const EVENT_TYPES = Object.keys(ALL) as readonly EventType[];

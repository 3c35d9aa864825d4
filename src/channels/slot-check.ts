import { fatalFailure } from "../connection/channel-socket.js";

/** The slots of a session, both inclusive. */
export interface SessionRange {
  readonly startSlot: bigint;
  readonly endSlot: bigint;
}

/**
 * Finds notifications with an impossible slot: outside the session's range, or lower than the slot of an earlier notification on
 * the same connection. Such a notification becomes an `unrecognized` event and moves no cursor.
 */
export class SlotCheck {
  readonly #range: SessionRange | undefined;
  /** The highest slot received on this connection, including duplicates. */
  #highest: bigint | undefined;

  /** @param range absent if it is unknown */
  constructor(range: SessionRange | undefined) {
    this.#range = range;
  }

  /** Prepares for a new connection. */
  restart(): void {
    this.#highest = undefined;
  }

  /** Returns why the slot is invalid. If the slot is valid, records the slot and returns `undefined`. */
  findProblem(slot: bigint): string | undefined {
    const range = this.#range;
    if (range !== undefined && (slot < range.startSlot || slot > range.endSlot)) {
      return `slot ${slot} is outside the session's range ${range.startSlot} to ${range.endSlot}`;
    }
    if (this.#highest !== undefined && slot < this.#highest) {
      return `slot ${slot} is behind an earlier notification of the same subscription`;
    }
    this.#highest = slot;
    return undefined;
  }
}

/**
 * The maximum number of notifications per slot and filter. The transactions in a full block have about 100,000 accounts in total,
 * so a block stays below the limit.
 */
export const MAX_SLOT_EVENTS = 250_000;

/** @throws FatalFailure if a slot has more than `MAX_SLOT_EVENTS` notifications */
export function checkSlotEvents(count: number, slot: bigint, filter: string): void {
  if (count <= MAX_SLOT_EVENTS) return;
  throw fatalFailure("subscriptionFailed", `slot ${slot} has more than ${MAX_SLOT_EVENTS} notifications for ${filter}`);
}

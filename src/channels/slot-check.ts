import { FatalFailure } from "../connection/channel-socket.js";
import { SimulatorError } from "../protocol/simulator-error.js";

/** The slots of a session, both inclusive. */
export interface SessionRange {
  readonly startSlot: bigint;
  readonly endSlot: bigint;
}

/**
 * Finds notifications for slots that a stream cannot have: outside the session's range, or behind an earlier notification of the
 * same connection. They are `unrecognized` and move no cursor.
 */
export class SlotCheck {
  readonly #range: SessionRange | undefined;
  /** The highest slot on this connection, duplicates included. */
  #highest: bigint | undefined;

  /** @param range absent where it is unknown */
  constructor(range: SessionRange | undefined) {
    this.#range = range;
  }

  /** A new connection starts. */
  restart(): void {
    this.#highest = undefined;
  }

  /** Returns why the stream cannot have this slot. If it can, the slot is noted. */
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
 * The most notifications of one slot for one filter. The cursor keeps a key for each. All accounts of all transactions of a full block are
 * about 100,000.
 */
export const MAX_SLOT_EVENTS = 250_000;

/** @throws FatalFailure if a slot has more notifications than the cursor can keep keys for */
export function checkSlotEvents(count: number, slot: bigint, filter: string): void {
  if (count <= MAX_SLOT_EVENTS) return;
  const message = `slot ${slot} has more than ${MAX_SLOT_EVENTS} notifications for ${filter}`;
  throw new FatalFailure(message, { cause: new SimulatorError("subscriptionFailed", message) });
}

import type { Cursor } from "./cursor.js";

/** A range of slots, both inclusive, in which events may be missing. */
export interface SlotGap {
  readonly expected: bigint;
  readonly got: bigint;
}

/**
 * Finds the gaps in one stream. Events are missing if the server evicted them before a reconnect. Events can also be missing if a
 * damaged frame was skipped.
 */
export class SubscriptionGapTracker {
  readonly #received: Cursor;
  /** The first slot in which events can be missing because a damaged frame was skipped. */
  #damagedFrom: bigint | undefined;

  /** @param received the cursor of the received events */
  constructor(received: Cursor) {
    this.#received = received;
  }

  /** Called when a damaged frame was skipped. The frame may have contained an event of this stream. */
  handleSkipped(firstSlot: bigint): void {
    this.#damagedFrom ??= this.#received.slot ?? firstSlot;
  }

  /** Returns the gap before an event of this slot, if there is one. */
  gapBefore(slot: bigint): SlotGap | undefined {
    const { slot: boundary, missingCount } = this.#received;
    const damagedFrom = this.#damagedFrom;
    if (damagedFrom !== undefined && (boundary === undefined || slot >= boundary)) {
      this.#damagedFrom = undefined;
      if (missingCount === 0 || slot === boundary) return { expected: damagedFrom, got: slot };
    }
    // No gap: no event is missing, or the missing events of the last received slot (`boundary`) can still arrive.
    if (missingCount === 0 || boundary === undefined || slot <= boundary) return undefined;
    this.#received.forgetMissing();
    return { expected: damagedFrom ?? boundary, got: slot };
  }

  /** Returns the gap at the end of the stream, if there is one. */
  gapAtEnd(lastSlot: bigint | undefined): SlotGap | undefined {
    const { slot: boundary, missingCount } = this.#received;
    const expected = this.#damagedFrom ?? (missingCount > 0 ? boundary : undefined);
    if (expected === undefined) return undefined;
    this.#damagedFrom = undefined;
    this.#received.forgetMissing();
    const last = lastSlot ?? boundary;
    return { expected, got: last !== undefined && last > expected ? last : expected };
  }
}

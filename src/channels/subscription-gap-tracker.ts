import type { Cursor } from "./cursor.js";

/** Slots that were lost, both inclusive: events in them may be missing. */
export interface SlotGap {
  readonly expected: bigint;
  readonly got: bigint;
}

/** Finds the gaps of one stream: events that the server evicted before a reconnect, or that a damaged frame may have contained. */
export class SubscriptionGapTracker {
  readonly #received: Cursor;
  /** The slot from which events may be missing because a damaged frame was skipped. */
  #damagedFrom: bigint | undefined;

  /** @param received the cursor of the received events */
  constructor(received: Cursor) {
    this.#received = received;
  }

  /** A damaged frame was skipped, which may have been an event of this stream. */
  handleSkipped(firstSlot: bigint): void {
    this.#damagedFrom ??= this.#received.slot ?? firstSlot;
  }

  /**
   * The gap before an event of this slot. After a reconnect the server replays the whole boundary slot. If a later slot
   * arrives and a part of the boundary slot did not, the server has evicted it, and possibly what follows.
   */
  gapBefore(slot: bigint): SlotGap | undefined {
    const { slot: boundary, missingCount } = this.#received;
    const damagedFrom = this.#damagedFrom;
    if (damagedFrom !== undefined && (boundary === undefined || slot >= boundary)) {
      this.#damagedFrom = undefined;
      if (missingCount === 0 || slot === boundary) return { expected: damagedFrom, got: slot };
    }
    if (missingCount === 0 || boundary === undefined || slot <= boundary) return undefined;
    this.#received.forgetMissing();
    return { expected: damagedFrom ?? boundary, got: slot };
  }

  /** The gap at the end of the stream. */
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

import { Cursor, type CursorState } from "./cursor.js";

/** Slots that were lost, both inclusive: events in them may be missing. */
export interface SlotGap {
  readonly expected: bigint;
  readonly got: bigint;
}

/** One filter of a subscription: its position, and its state on the current connection. */
export class SubscriptionStream {
  readonly filter: string;
  /** `Subscription.id`. */
  readonly subscriptionId: string;
  /** What was received. A reconnect continues from here. */
  readonly received: Cursor;
  /** What was delivered to the consumer. A checkpoint continues from here. */
  readonly delivered: Cursor;
  /** Whether the server has acknowledged it once, on any connection. */
  wasAcknowledged: boolean;
  isAcknowledged = false;
  isComplete = false;
  /** The highest slot on this connection, duplicates included. */
  #lastSlot: bigint | undefined;
  /** Since when events may be missing because a damaged frame was skipped. */
  #damagedSince: bigint | undefined;

  /** @param cursor where a resumed subscription continues */
  constructor(
    { filter, subscriptionId }: { filter: string; subscriptionId: string },
    cursor: CursorState | undefined,
    wasAcknowledged: boolean,
  ) {
    this.filter = filter;
    this.subscriptionId = subscriptionId;
    this.received = new Cursor(cursor);
    this.delivered = new Cursor(cursor);
    this.wasAcknowledged = wasAcknowledged;
  }

  /** A new connection starts. */
  restart(): void {
    this.isAcknowledged = false;
    this.isComplete = false;
    this.#lastSlot = undefined;
    this.received.rewind();
  }

  /** Returns whether a slot is behind an earlier one of this connection. If not, it is noted. */
  falls(slot: bigint): boolean {
    if (this.#lastSlot !== undefined && slot < this.#lastSlot) return true;
    this.#lastSlot = slot;
    return false;
  }

  /** A damaged frame was skipped, which may have been an event of this stream. */
  handleSkipped(firstSlot: bigint): void {
    this.#damagedSince ??= this.received.slot ?? firstSlot;
  }

  /**
   * The gap before an event of this slot. After a reconnect the server replays the whole boundary slot. If a later slot
   * arrives and a part of the boundary slot did not, the server has evicted it, and possibly what follows.
   */
  gapBefore(slot: bigint): SlotGap | undefined {
    const { slot: boundary, missingCount } = this.received;
    const damagedSince = this.#damagedSince;
    if (damagedSince !== undefined && (boundary === undefined || slot >= boundary)) {
      this.#damagedSince = undefined;
      if (missingCount === 0 || slot === boundary) return { expected: damagedSince, got: slot };
    }
    if (missingCount === 0 || boundary === undefined || slot <= boundary) return undefined;
    this.received.forgetMissing();
    return { expected: damagedSince ?? boundary, got: slot };
  }

  /** The gap at the end of the stream. */
  gapAtEnd(lastSlot: bigint | undefined): SlotGap | undefined {
    const { slot: boundary, missingCount } = this.received;
    const expected = this.#damagedSince ?? (missingCount > 0 ? boundary : undefined);
    if (expected === undefined) return undefined;
    this.#damagedSince = undefined;
    this.received.forgetMissing();
    const last = lastSlot ?? boundary;
    return { expected, got: last !== undefined && last > expected ? last : expected };
  }
}

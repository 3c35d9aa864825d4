import { Cursor, type CursorState } from "./cursor.js";
import { type SessionRange, SlotCheck } from "./slot-check.js";
import { SubscriptionGapTracker } from "./subscription-gap-tracker.js";

export interface StreamOptions {
  /** A program, an account or a signature. Empty if the kind has no filters. */
  filter: string;
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The position at which a resumed subscription continues. */
  cursor: CursorState | undefined;
  /** Whether the server acknowledged `filter` before the session was resumed. */
  wasAcknowledged: boolean;
  /** The session's slots. Absent if they are unknown. */
  range: SessionRange | undefined;
}

/** One filter of a subscription, with its position in the stream and its state on the current connection. */
export class SubscriptionStream {
  readonly filter: string;
  /** `Subscription.id`. */
  readonly subscriptionId: string;
  /** The position after the last received event. A reconnect continues from here. */
  readonly received: Cursor;
  /** The position after the last event delivered to the consumer. A checkpoint contains this position. */
  readonly delivered: Cursor;
  readonly gaps: SubscriptionGapTracker;
  readonly slotCheck: SlotCheck;
  /** Whether the server has acknowledged this filter on any connection so far. */
  wasAcknowledged: boolean;
  isAcknowledged = false;
  isComplete = false;

  constructor({ filter, subscriptionId, cursor, wasAcknowledged, range }: StreamOptions) {
    this.filter = filter;
    this.subscriptionId = subscriptionId;
    this.received = new Cursor(cursor);
    this.delivered = new Cursor(cursor);
    this.gaps = new SubscriptionGapTracker(this.received);
    this.slotCheck = new SlotCheck(range);
    this.wasAcknowledged = wasAcknowledged;
  }

  /** Prepares for a new connection. */
  restart(): void {
    this.isAcknowledged = false;
    this.isComplete = false;
    this.slotCheck.restart();
    this.received.rewind();
  }
}

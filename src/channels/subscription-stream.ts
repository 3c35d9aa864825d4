import { Cursor, type CursorState } from "./cursor.js";
import { type SessionRange, SlotCheck } from "./slot-check.js";
import { SubscriptionGapTracker } from "./subscription-gap-tracker.js";

export interface StreamOptions {
  /** A program, an account or a signature; one empty text where the kind has none. */
  filter: string;
  /** `Subscription.id`. */
  subscriptionId: string;
  /** The position at which a resumed subscription continues. */
  cursor: CursorState | undefined;
  /** Whether the server has acknowledged it before, in the session that is resumed. */
  wasAcknowledged: boolean;
  /** The session's slots. Absent where they are unknown. */
  range: SessionRange | undefined;
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
  readonly gaps: SubscriptionGapTracker;
  readonly slotCheck: SlotCheck;
  /** Whether the server has acknowledged it once, on any connection. */
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

  /** A new connection starts. */
  restart(): void {
    this.isAcknowledged = false;
    this.isComplete = false;
    this.slotCheck.restart();
    this.received.rewind();
  }
}

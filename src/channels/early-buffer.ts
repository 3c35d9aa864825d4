import { TransientFailure } from "../connection/channel-socket.js";

/** The maximum number of buffered messages, and of characters in all of them. */
export interface EarlyLimits {
  readonly messages: number;
  readonly size: number;
}

const LIMITS: EarlyLimits = { messages: 10_000, size: 16 * 1024 * 1024 };
/** The limits during an attach: a server may replay all missed events before it confirms the attach request. */
export const REPLAY_LIMITS: EarlyLimits = { messages: 100_000, size: 64 * 1024 * 1024 };

/** A bounded buffer of messages that arrived before the response that identifies their session or subscription. */
export class EarlyBuffer<T> {
  readonly #limits: EarlyLimits;
  #messages: T[] = [];
  #count = 0;
  #size = 0;

  constructor(limits: EarlyLimits = LIMITS) {
    this.#limits = limits;
  }

  /** @param size the message's length, in characters @throws TransientFailure if the limits are exceeded */
  push(message: T, size: number): void {
    this.count(size);
    this.#messages.push(message);
  }

  /** Counts a message toward the limits, without storing the message. @throws TransientFailure if the limits are exceeded */
  count(size: number): void {
    this.#size += size;
    if (++this.#count > this.#limits.messages || this.#size > this.#limits.size) {
      throw new TransientFailure("more messages arrived before the expected response than can be buffered");
    }
  }

  /** Removes the messages that `filter` selects, by default all of them. */
  take(filter: (message: T) => boolean = () => true): T[] {
    const removed = this.#messages.filter(filter);
    this.#messages = this.#messages.filter((message) => !filter(message));
    this.#count = this.#messages.length;
    if (this.#count === 0) this.#size = 0;
    return removed;
  }
}

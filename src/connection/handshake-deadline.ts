/** The time limit of a response. */
export interface ResponseLimit {
  /** How long to wait from now, in ms. 0 or less if the deadline has passed. */
  readonly waitMs: number;
  /**
   * The time limit to show in an error message, in ms: the limit of the response or of the whole handshake, whichever ends first.
   */
  readonly ofMs: number;
}

/**
 * The time limit of a whole create handshake, as a multiple of `handshakeMs`. During a cold start, the server reports statuses for
 * minutes. In a parallel run, the time restarts at each `sessionCreated`.
 */
export const CREATE_HANDSHAKE_FACTOR = 10;
/** The time limit of a whole attach or subscribe handshake, as a multiple of `handshakeMs`. */
export const HANDSHAKE_FACTOR = 2;

/** The deadline for all responses of a handshake together. Other frames do not extend the deadline. */
export class HandshakeDeadline {
  readonly #at: number;
  readonly #ms: number;

  /** @param ms the duration of the whole handshake, from `now` */
  constructor(ms: number, now: number) {
    this.#at = now + ms;
    this.#ms = ms;
  }

  /** Returns the limit for a response: `timeoutMs` or the remaining time of the handshake, whichever is shorter. */
  limit(timeoutMs: number, now: number): ResponseLimit {
    const leftMs = this.#at - now;
    return leftMs < timeoutMs ? { waitMs: leftMs, ofMs: this.#ms } : { waitMs: timeoutMs, ofMs: timeoutMs };
  }
}

import { PROBE_GRACE_MS } from "../../transport/liveness.js";
import type { Platform } from "../../transport/platform.js";

/** A re-attach was useful if a frame arrives within this time, in ms. */
const WORTHWHILE_MS = 2_000;

/**
 * Watches a control connection that cannot be probed, as in browsers. Silence alone means nothing there: a cold start
 * takes minutes. While a response is pending, silence beyond the deadline makes the connection stale. Each needless
 * reconnect doubles the deadline.
 */
export class ResponseWatchdog {
  readonly #platform: Platform;
  readonly #deadlineMs: number;
  readonly #handleStale: () => void;
  readonly #stopPageEvents: () => void;
  #patience = 1;
  #pendingSince: number | undefined;
  #resumedAt: number | undefined;
  #timer: unknown;

  constructor(platform: Platform, deadlineMs: number, handleStale: () => void) {
    this.#platform = platform;
    this.#deadlineMs = deadlineMs;
    this.#handleStale = handleStale;
    this.#stopPageEvents = platform.onPageEvent((event) => {
      if (event !== "frozen" && this.#pendingSince !== undefined) this.#arm(PROBE_GRACE_MS);
    });
  }

  setResponsePending(isPending: boolean): void {
    if (isPending === (this.#pendingSince !== undefined)) return;
    this.#pendingSince = isPending ? this.#platform.now() : undefined;
    this.#platform.clearTimeout(this.#timer);
    if (isPending) this.#arm(this.#deadlineMs * this.#patience);
  }

  /** A frame arrived. */
  handleInbound(): void {
    if (this.#resumedAt !== undefined) {
      const isWorthwhile = this.#platform.now() - this.#resumedAt <= WORTHWHILE_MS;
      this.#patience = isWorthwhile ? 1 : this.#patience * 2;
      this.#resumedAt = undefined;
    }
    if (this.#pendingSince === undefined) return;
    this.#pendingSince = this.#platform.now();
    this.#arm(this.#deadlineMs * this.#patience);
  }

  /** The connection was resumed. */
  handleResumed(): void {
    if (this.#pendingSince === undefined) return;
    this.#pendingSince = this.#platform.now();
    this.#resumedAt = this.#pendingSince;
    this.#arm(this.#deadlineMs * this.#patience);
  }

  stop(): void {
    this.#stopPageEvents();
    this.#platform.clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    const dueAt = this.#platform.now() + ms;
    this.#platform.clearTimeout(this.#timer);
    this.#timer = this.#platform.setTimeout(() => this.#check(dueAt), ms);
  }

  #check(dueAt: number): void {
    if (this.#pendingSince === undefined) return;
    // A timer that sleep or throttling delayed may fire before the frames that were delayed with it.
    if (this.#platform.now() - dueAt > WORTHWHILE_MS) {
      this.#arm(PROBE_GRACE_MS);
      return;
    }
    // The last re-attach received nothing, so the server is slow and the connection was not lost.
    if (this.#resumedAt !== undefined) this.#patience *= 2;
    this.#resumedAt = undefined;
    this.#handleStale();
  }
}

import { PROBE_GRACE_MS } from "../../transport/liveness.js";
import type { Platform } from "../../transport/platform.js";

/** A reconnect counts as useful if a frame arrives within this time after the reconnect, in ms. */
const WORTHWHILE_MS = 2_000;

/**
 * Watches a control connection that cannot be probed, for example in a browser. If a response is pending and nothing arrives
 * until the deadline, the connection counts as stale. If no frame arrives soon after a reconnect, the deadline is doubled.
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

  /** Called for each received frame. */
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

  /** Called when the connection has been resumed. */
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
    // The timer is late, so the process was asleep or throttled. Frames can be late too, so the watchdog waits longer.
    if (this.#platform.now() - dueAt > WORTHWHILE_MS) {
      this.#arm(PROBE_GRACE_MS);
      return;
    }
    // If nothing has arrived since a reconnect, the server is probably slow: the next deadline is doubled.
    if (this.#resumedAt !== undefined) this.#patience *= 2;
    this.#resumedAt = undefined;
    this.#handleStale();
  }
}

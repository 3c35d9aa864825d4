import { PROBE_GRACE_MS } from "../transport/liveness.js";
import type { Platform } from "../transport/platform.js";

/** A re-attach that brings something within this time was no vain one, in ms. */
const FRUITFUL_MS = 2_000;

/**
 * Watches a control connection that can't be probed, as in browsers. Silence means nothing there (a cold start takes
 * minutes), but where an answer is owed, silence beyond the deadline makes the connection suspect. A needless suspicion
 * doubles the patience.
 */
export class AnswerWatch {
  readonly #platform: Platform;
  readonly #deadlineMs: number;
  readonly #handleSuspect: () => void;
  readonly #stopPageEvents: () => void;
  #patience = 1;
  #owedSince: number | undefined;
  #resumedAt: number | undefined;
  #timer: unknown;

  constructor(platform: Platform, deadlineMs: number, handleSuspect: () => void) {
    this.#platform = platform;
    this.#deadlineMs = deadlineMs;
    this.#handleSuspect = handleSuspect;
    this.#stopPageEvents = platform.onPageEvent((event) => {
      if (event !== "frozen" && this.#owedSince !== undefined) this.#arm(PROBE_GRACE_MS);
    });
  }

  /** Whether an answer is owed from now on. */
  owe(owed: boolean): void {
    if (owed === (this.#owedSince !== undefined)) return;
    this.#owedSince = owed ? this.#platform.now() : undefined;
    this.#platform.clearTimeout(this.#timer);
    if (owed) this.#arm(this.#deadlineMs * this.#patience);
  }

  /** Something came in. */
  handleInbound(): void {
    if (this.#resumedAt !== undefined) {
      const fruitful = this.#platform.now() - this.#resumedAt <= FRUITFUL_MS;
      this.#patience = fruitful ? 1 : this.#patience * 2;
      this.#resumedAt = undefined;
    }
    if (this.#owedSince === undefined) return;
    this.#owedSince = this.#platform.now();
    this.#arm(this.#deadlineMs * this.#patience);
  }

  /** The connection is back after a suspicion or a loss. */
  handleResumed(): void {
    if (this.#owedSince === undefined) return;
    this.#owedSince = this.#platform.now();
    this.#resumedAt = this.#owedSince;
    this.#arm(this.#deadlineMs * this.#patience);
  }

  stop(): void {
    this.#stopPageEvents();
    this.#platform.clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    const dueAt = this.#platform.now() + ms;
    this.#platform.clearTimeout(this.#timer);
    this.#timer = this.#platform.setTimeout(() => this.#look(dueAt), ms);
  }

  #look(dueAt: number): void {
    if (this.#owedSince === undefined) return;
    // A timer that was held up (sleep, throttling) may come before the frames that were held up with it.
    const late = this.#platform.now() - dueAt > FRUITFUL_MS;
    if (late) {
      this.#arm(PROBE_GRACE_MS);
      return;
    }
    // The re-attach before this one has brought nothing: the server is slow, not lost.
    if (this.#resumedAt !== undefined) this.#patience *= 2;
    this.#resumedAt = undefined;
    this.#handleSuspect();
  }
}

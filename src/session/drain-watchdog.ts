import type { Platform } from "../transport/platform.js";

export interface DrainOptions {
  platform: Platform;
  /** How long the streams may be silent before they count as stalled, in ms. */
  idleMs: number;
  /** Whether at least one subscription is up and not paused. */
  isAnyStreaming(): boolean;
  handleStalled(): void;
}

/**
 * Detects stalled subscriptions of a session that has completed. Calls `handleStalled` if nothing arrives for `idleMs` while at
 * least one subscription is up.
 */
export class DrainWatchdog {
  readonly #options: DrainOptions;
  #lastAt: number;
  #timer: unknown;

  constructor(options: DrainOptions) {
    this.#options = options;
    this.#lastAt = options.platform.now();
    this.#arm(options.idleMs);
  }

  /** Called when something new has arrived, or a connection has changed. */
  handleActivity(): void {
    this.#lastAt = this.#options.platform.now();
  }

  stop(): void {
    this.#options.platform.clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    const { platform } = this.#options;
    const dueAt = platform.now() + ms;
    this.#timer = platform.setTimeout(() => this.#check(dueAt), ms);
  }

  #check(dueAt: number): void {
    const { platform, idleMs, isAnyStreaming, handleStalled } = this.#options;
    const now = platform.now();
    const hasSlept = now - dueAt > 1_000;
    if (hasSlept || !isAnyStreaming()) this.#lastAt = now;
    const left = this.#lastAt + idleMs - now;
    if (left > 0) this.#arm(left);
    else handleStalled();
  }
}

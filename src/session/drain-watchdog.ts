import type { Platform } from "../transport/platform.js";

export interface DrainOptions {
  platform: Platform;
  /** How long the streams may be silent, in ms. */
  idleMs: number;
  /** Whether a subscription is up and read. One that reconnects, is parked or paused is not. */
  isAnyStreaming(): boolean;
  handleStalled(): void;
}

/**
 * Waits for the ends of the subscriptions after the control channel has completed. A slow stream is never cut off. Only a
 * stream that is up and receives nothing new for `idleMs` counts as stalled.
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

  /** Something new arrived, or a connection changed. */
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

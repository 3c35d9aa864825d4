import type { Platform } from "../transport/platform.js";

export interface DrainOptions {
  platform: Platform;
  /** How long nothing may come, in ms. */
  idleMs: number;
  /** Whether a subscription is up and read, so that silence is its own. One that reconnects, is parked or paused is not. */
  isAnyStreaming(): boolean;
  handleStalled(): void;
}

/**
 * After the control channel has completed, waits for the subscriptions' ends. A slow stream is never cut off: only one
 * that is up and brings nothing at all for `idleMs` is taken for stalled.
 */
export class DrainWatch {
  readonly #options: DrainOptions;
  #lastAt: number;
  #timer: unknown;

  constructor(options: DrainOptions) {
    this.#options = options;
    this.#lastAt = options.platform.now();
    this.#arm(options.idleMs);
  }

  /** Something came in, or a connection changed. */
  handleActivity(): void {
    this.#lastAt = this.#options.platform.now();
  }

  stop(): void {
    this.#options.platform.clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    const { platform } = this.#options;
    const dueAt = platform.now() + ms;
    this.#timer = platform.setTimeout(() => this.#look(dueAt), ms);
  }

  #look(dueAt: number): void {
    const { platform, idleMs, isAnyStreaming, handleStalled } = this.#options;
    const now = platform.now();
    const slept = now - dueAt > 1_000;
    if (slept || !isAnyStreaming()) this.#lastAt = now;
    const left = this.#lastAt + idleMs - now;
    if (left > 0) this.#arm(left);
    else handleStalled();
  }
}

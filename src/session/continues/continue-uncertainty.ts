import type { Platform } from "../../transport/platform.js";
import { type ContinueRequest, isBare } from "./continue-params.js";

/** How long to wait for the replay after a reconnect, in ms. The replay can show that the server received the continue request. */
const FATE_MS = 1_000;

export interface ContinueUncertaintyOptions {
  platform: Platform;
  /** The client's option `timeouts.continueTimeoutMs`. */
  continueTimeoutMs: number;
  /** Called 1 s after a reconnect if no replayed event shows that the server received the request. */
  handleUncertain(): void;
  /** Called when the session makes no progress after a request that may not have reached the server. */
  handleNoProgress(request: ContinueRequest): void;
}

/**
 * Timers for a continue request that was in flight when the connection was lost. The first timer waits for replayed events after
 * the reconnect. The second timer waits for progress of the session.
 */
export class ContinueUncertainty {
  readonly #options: ContinueUncertaintyOptions;
  #timer: unknown;

  constructor(options: ContinueUncertaintyOptions) {
    this.#options = options;
  }

  /** Called when the connection is up again, or when reading from the connection resumes. */
  handleResumed(): void {
    this.#start(FATE_MS, this.#options.handleUncertain);
  }

  /** Starts a timer that calls `handleNoProgress`, if `request` can safely be sent twice. */
  watchProgress(request: ContinueRequest): void {
    if (isBare(request)) this.#start(this.#options.continueTimeoutMs, () => this.#options.handleNoProgress(request));
  }

  stop(): void {
    this.#options.platform.clearTimeout(this.#timer);
  }

  #start(ms: number, callback: () => void): void {
    const { platform } = this.#options;
    platform.clearTimeout(this.#timer);
    this.#timer = platform.setTimeout(callback, ms);
  }
}

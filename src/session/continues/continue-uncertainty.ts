import type { Platform } from "../../transport/platform.js";
import { type ContinueRequest, isBare } from "./continue-params.js";

/** How long after a reconnect a replayed event may still show whether the server received a continue, in ms. */
const FATE_MS = 1_000;

export interface ContinueUncertaintyOptions {
  platform: Platform;
  /** `timeouts.continueTimeoutMs`. */
  continueTimeoutMs: number;
  /** The replay after a reconnect has not shown whether the server received the continue. */
  handleUncertain(): void;
  /** Nothing has moved since an uncertain continue. */
  handleNoProgress(request: ContinueRequest): void;
}

/**
 * The timers of a continue that was written to a lost connection. The server may or may not have received it: first the replay may
 * show it, then only progress does.
 */
export class ContinueUncertainty {
  readonly #options: ContinueUncertaintyOptions;
  #timer: unknown;

  constructor(options: ContinueUncertaintyOptions) {
    this.#options = options;
  }

  /** The connection is back, and its replay begins. */
  handleResumed(): void {
    this.#start(FATE_MS, () => this.#options.handleUncertain());
  }

  /** Waits for progress. A request with transactions or account states is never sent twice, and so is not watched. */
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

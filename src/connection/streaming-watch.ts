import type { Platform } from "../transport/platform.js";
import type { StreamingGuard } from "./reconnect-coordinator.js";

/**
 * Reports a connection to the coordinator as active while frames arrive. Connections that must reconnect wait only for active
 * connections.
 */
export class StreamingWatch {
  readonly #platform: Platform;
  readonly #idleStreamMs: number;
  readonly #enter: () => StreamingGuard;
  #guard: StreamingGuard | undefined;
  #inboundAt = 0;
  #timer: unknown;

  constructor(platform: Platform, idleStreamMs: number, enter: () => StreamingGuard) {
    this.#platform = platform;
    this.#idleStreamMs = idleStreamMs;
    this.#enter = enter;
    this.handleInbound();
  }

  handleInbound(): void {
    this.#inboundAt = this.#platform.now();
    if (this.#guard !== undefined) return;
    this.#guard = this.#enter();
    this.#arm(this.#idleStreamMs);
  }

  stop(): void {
    this.#platform.clearTimeout(this.#timer);
    this.#guard?.release();
    this.#guard = undefined;
  }

  #arm(ms: number): void {
    this.#timer = this.#platform.setTimeout(() => this.#check(), ms);
  }

  #check(): void {
    const silentMs = this.#platform.now() - this.#inboundAt;
    // The time is negative if the clock was set back.
    if (silentMs < 0 || silentMs >= this.#idleStreamMs) this.stop();
    else this.#arm(this.#idleStreamMs - silentMs);
  }
}

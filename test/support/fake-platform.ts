import type { PageEvent, Platform } from "../../src/transport/platform.js";
import type { WebSocketLike } from "../../src/transport/websocket-like.js";

export interface FakePlatformOptions {
  /** Initial time, in ms since 1970. */
  now?: number;
  /** Random numbers from 0 up to 1. @default always 0.5, so that jitter has no effect */
  random?: () => number;
  WebSocket?: WebSocketLike;
  fetch?: Platform["fetch"];
  hasPage?: boolean;
}

interface Timer {
  /** The time at which the timer fires, on the monotonic clock. `setClock` does not change this clock. */
  dueAt: number;
  order: number;
  callback: () => void;
}

/**
 * A platform that a test controls: the test advances time, supplies random numbers and sends page events. It never waits
 * for real time.
 *
 * Timers run on a monotonic clock, like real timers. `setClock` changes only the wall clock.
 */
export class FakePlatform implements Platform {
  readonly WebSocket: WebSocketLike | undefined;
  readonly hasPage: boolean;
  readonly random: () => number;
  readonly #fetch: Platform["fetch"];
  readonly #timers = new Set<Timer>();
  readonly #pageListeners = new Set<(event: PageEvent) => void>();
  #elapsed = 0;
  #wallOffset: number;
  #order = 0;
  #throttleMs = 0;

  constructor(options: FakePlatformOptions = {}) {
    this.#wallOffset = options.now ?? 1_700_000_000_000;
    this.random = options.random ?? (() => 0.5);
    this.WebSocket = options.WebSocket;
    this.hasPage = options.hasPage ?? true;
    this.#fetch = options.fetch ?? (() => Promise.reject(new TypeError("this test has no fetch")));
  }

  now(): number {
    return this.#wallOffset + this.#elapsed;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    const wanted = this.#elapsed + Math.max(0, ms);
    const dueAt = this.#throttleMs > 0 ? Math.ceil(wanted / this.#throttleMs) * this.#throttleMs : wanted;
    const timer: Timer = { dueAt, order: this.#order++, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  randomHex(bytes: number): string {
    const digits = Array.from({ length: bytes * 2 }, () => Math.floor(this.random() * 16).toString(16));
    return digits.join("");
  }

  fetch(input: string, init?: RequestInit): Promise<Response> {
    return this.#fetch(input, init);
  }

  onPageEvent(callback: (event: PageEvent) => void): () => void {
    this.#pageListeners.add(callback);
    return () => this.#pageListeners.delete(callback);
  }

  /** How many ms remain for each pending timer, in ascending order. */
  get timers(): number[] {
    return [...this.#timers].map(({ dueAt }) => dueAt - this.#elapsed).sort((a, b) => a - b);
  }

  get pageListeners(): number {
    return this.#pageListeners.size;
  }

  /** Sends a page event to the listeners, and waits until all promises have settled. */
  async page(event: PageEvent): Promise<void> {
    for (const callback of [...this.#pageListeners]) callback(event);
    await settle();
  }

  /** Advances time. Each timer fires when it is due, and promises settle before the next timer fires. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settle();
    for (let next = this.#nextTimer(end); next !== undefined; next = this.#nextTimer(end)) {
      this.#timers.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.dueAt);
      next.callback();
      await settle();
    }
    this.#elapsed = end;
  }

  /** Simulates a sleep of the computer. The timers count this time, but due timers fire only at the next call of `advance`. */
  sleep(ms: number): void {
    this.#elapsed += ms;
  }

  /** Moves the wall clock, but not the timers. Node.js on Linux does the same after the computer has slept. */
  setClock(byMs: number): void {
    this.#wallOffset += byMs;
  }

  /** Lets timers fire only at multiples of this time, as in a hidden tab. 0 turns the throttling off. */
  throttle(ms: number): void {
    this.#throttleMs = ms;
  }

  #nextTimer(end: number): Timer | undefined {
    const due = [...this.#timers].filter(({ dueAt }) => dueAt <= end);
    return due.sort((a, b) => a.dueAt - b.dueAt || a.order - b.order)[0];
  }
}

/** Resolves when all pending promise callbacks have run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

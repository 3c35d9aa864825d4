import type { PageEvent, Platform } from "../../src/transport/platform.js";
import type { WebSocketLike } from "../../src/transport/websocket-like.js";

export interface FakePlatformOptions {
  /** What the clock says at first, in ms since 1970. */
  now?: number;
  /** Chance, from 0 up to 1. Default: always the middle, so that a jitter strays nowhere. */
  random?: () => number;
  WebSocket?: WebSocketLike;
  fetch?: Platform["fetch"];
  hasPage?: boolean;
}

interface Timer {
  /** On the clock that no sleep and no setting touches. */
  dueAt: number;
  order: number;
  callback: () => void;
}

/**
 * A platform in a test's hands: time passes when it is told to, chance is given, and the page's and network's events are
 * sent by `page`. Nothing in it waits for real time.
 *
 * Timers count on a clock of their own, as real ones do: setting the wall clock (`setClock`) doesn't move them.
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
    this.#fetch = options.fetch ?? (() => Promise.reject(new TypeError("this test gave no fetch")));
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

  /** In how many ms each timer that is set will fire, the next one first. */
  get timers(): number[] {
    return [...this.#timers].map(({ dueAt }) => dueAt - this.#elapsed).sort((a, b) => a - b);
  }

  get pageListeners(): number {
    return this.#pageListeners.size;
  }

  /** Sends a page event to whoever listens, and lets what follows from it happen. */
  async page(event: PageEvent): Promise<void> {
    for (const callback of [...this.#pageListeners]) callback(event);
    await settle();
  }

  /** Time passes: each timer fires when it is due, and what follows from it happens before the next one does. */
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

  /** The machine sleeps where timers go on counting: those that came due meanwhile fire, late, with the next `advance`. */
  sleep(ms: number): void {
    this.#elapsed += ms;
  }

  /** The wall clock is set, or the machine sleeps where timers stand still meanwhile (Node.js on Linux). */
  setClock(byMs: number): void {
    this.#wallOffset += byMs;
  }

  /** From now on timers fire only at whole multiples of so many ms, as in a hidden tab; 0: no more. */
  throttle(ms: number): void {
    this.#throttleMs = ms;
  }

  #nextTimer(end: number): Timer | undefined {
    const due = [...this.#timers].filter(({ dueAt }) => dueAt <= end);
    return due.sort((a, b) => a.dueAt - b.dueAt || a.order - b.order)[0];
  }
}

/** Lets every promise that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

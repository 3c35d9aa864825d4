import type { WebSocketLike } from "./websocket-like.js";

/** An event of a page or of its network. */
export type PageEvent =
  /** The page freezes, or enters the back/forward cache. Its code does not run until `thawed`. */
  | "frozen"
  | "thawed"
  | "online"
  | "offline"
  /** The page became visible. Throttled timers run normally again. */
  | "visible";

/**
 * The runtime environment: clock, timers, random numbers, network and page. The rest of this package does not access the
 * environment directly, so a test with its own platform controls everything.
 */
export interface Platform {
  /** The wall clock, in ms. Unlike timers, it advances while a laptop sleeps. */
  now(): number;
  /** Starts a timer. Returns a value for `clearTimeout`. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Cancels a timer. */
  clearTimeout(timer: unknown): void;
  /** Returns a random number from 0 up to, but not including, 1. */
  random(): number;
  /** Returns this many random bytes in hexadecimal. */
  randomHex(bytes: number): string;
  /** The WebSocket class. `undefined` if the runtime has none. */
  readonly WebSocket: WebSocketLike | undefined;
  /** Makes an HTTP request. */
  fetch(input: string, init?: RequestInit): Promise<Response>;
  /** Whether this is a page, which can be frozen. */
  readonly hasPage: boolean;
  /** Calls back for each page event until the returned function is called. Does nothing outside a page. */
  onPageEvent(callback: (event: PageEvent) => void): () => void;
}

/** The value of the client option `pageEvents`, returned by `receivePageEvents`. */
export type PageLife = Pick<Platform, "hasPage" | "onPageEvent">;

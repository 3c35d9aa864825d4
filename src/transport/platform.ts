import type { WebSocketLike } from "./websocket-like.js";

/** What a page tells of itself and of its network. */
export type PageEvent =
  /** The page is being frozen, or put into the back/forward cache: nothing of it runs until `thawed`. */
  | "frozen"
  | "thawed"
  | "online"
  | "offline"
  /** The page came to the front: timers that were throttled run again. */
  | "visible";

/**
 * All that is ambient. Everything else in this package is a function of its inputs, so a test that gives its own
 * platform has time, chance, network and page in its hands.
 */
export interface Platform {
  /** Milliseconds by the wall clock: it goes on while a laptop sleeps, which timers don't. */
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** From 0 up to 1. */
  random(): number;
  /** As many random bytes, in hexadecimal. */
  randomHex(bytes: number): string;
  /** `undefined` where the runtime has none. */
  readonly WebSocket: WebSocketLike | undefined;
  fetch(input: string, init?: RequestInit): Promise<Response>;
  /** Whether this is a page, which can be frozen. */
  readonly hasPage: boolean;
  /** Calls back for each page event until the returned function is called; does nothing where there is no page. */
  onPageEvent(callback: (event: PageEvent) => void): () => void;
}

/** What a page goes through, for those who run where none is. */
export type PageLife = Pick<Platform, "hasPage" | "onPageEvent">;

import * as imported from "isomorphic-ws";
import { hasPage, onPageEvent } from "./page-events.js";
import type { Platform } from "./platform.js";
import { canSendHeaders, type WebSocketLike } from "./websocket-like.js";

/**
 * Returns the class of `ws` in Node.js, and the platform's own class elsewhere. isomorphic-ws exports the class as `default`. In
 * a bundled CommonJS build for a browser, the class is `default.default`.
 */
function platformWebSocket(): WebSocketLike | undefined {
  let found: unknown = imported;
  while (typeof found === "object" && found !== null && "default" in found) found = found.default;
  const isNodeClass = typeof found === "function" && canSendHeaders(found as unknown as WebSocketLike);
  return isNodeClass ? (found as unknown as WebSocketLike) : globalThis.WebSocket;
}

/** The longest possible timer, 2^31 - 1 ms. A timer with a longer time, or `Infinity`, would fire at once. */
const MAX_TIMER_MS = 0x7fff_ffff;

/**
 * The platform of the runtime. Reads globals at each call, so that an import has no side effects and a test can replace the globals
 * later.
 */
export const defaultPlatform: Platform = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, Math.min(ms, MAX_TIMER_MS)),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  random: () => Math.random(),
  randomHex: (bytes) =>
    Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  get WebSocket() {
    return platformWebSocket();
  },
  fetch: (input, init) => fetch(input, init),
  get hasPage() {
    return hasPage();
  },
  onPageEvent,
};

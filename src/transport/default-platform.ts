import * as imported from "isomorphic-ws";
import { FOR_PAGES } from "../page-build.js";
import { hasPage, onPageEvent } from "./page-events.js";
import type { Platform } from "./platform.js";
import type { WebSocketLike } from "./websocket-like.js";

/** ESM gets isomorphic-ws as its default; a CommonJS build that a bundler takes into a browser finds it a namespace deeper. */
function platformWebSocket(): WebSocketLike | undefined {
  if (FOR_PAGES) return globalThis.WebSocket;
  let found: unknown = imported;
  while (typeof found === "object" && found !== null && "default" in found) found = found.default;
  return typeof found === "function" ? (found as unknown as WebSocketLike) : undefined;
}

/** The longest wait that a timer can be set to, 2^31 - 1 ms: one of more, `Infinity` too, would fire at once. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** Globals are looked up at each call: importing touches nothing, and what replaces them later (a test's clock) counts. */
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
